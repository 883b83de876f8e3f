export type {
  BaseProtocol,
  BaseTransport,
  BufferedProtocol,
  DatagramProtocol,
  DatagramTransport,
  ExtraInfo,
  Protocol,
  ProtocolFactory,
  StreamProtocol,
  Transport,
  WriteBufferLimits,
} from './contracts/protocols.ts'
export { createConnection } from './endpoints/create-connection.ts'
export type { ConnectOptions } from './endpoints/create-connection.ts'
export { createDatagramEndpoint } from './endpoints/create-datagram-endpoint.ts'
export type { DatagramEndpointOptions, EndpointAddress } from './endpoints/create-datagram-endpoint.ts'
export { createServer } from './endpoints/create-server.ts'
export type { ServerOptions } from './endpoints/create-server.ts'
export {
  AddressError,
  AddressInUseError,
  ConnectionFailedError,
  ConnectionLimitError,
  ConnectionLostError,
  IncompleteReadError,
  LimitOverrunError,
  ProtocolFactoryError,
  TransportClosedError,
} from './contracts/errors.ts'
export { getaddrinfo, getnameinfo } from './names/name-resolution.ts'
export type { IoChoice, TlsEngine } from './contracts/network.ts'
export type { Family } from './names/resolve.ts'
export { sendFile } from './transports/send-file.ts'
export type { SendFileOptions } from './transports/send-file.ts'
export { Server } from './endpoints/server.ts'
export { listenFds } from './names/listen-fds.ts'
export type { PassedSocket } from './names/listen-fds.ts'
export { connectReadPipe, connectWritePipe } from './pipes/connect.ts'
export type {
  PipeOptions,
  ReadablePipe,
  ReadPipeProtocol,
  ReadTransport,
  WritablePipe,
  WritePipeProtocol,
  WriteTransport,
} from './pipes/contracts.ts'
export type { SocketOptions } from './contracts/socket-options.ts'
export type { StartTlsOptions, TlsTimes } from './contracts/tls-times.ts'
