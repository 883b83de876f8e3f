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
} from './contracts.ts'
export { createConnection } from './create-connection.ts'
export type { ConnectOptions } from './create-connection.ts'
export { createDatagramEndpoint } from './create-datagram-endpoint.ts'
export type { DatagramEndpointOptions, EndpointAddress } from './create-datagram-endpoint.ts'
export { createServer } from './create-server.ts'
export type { ServerOptions } from './create-server.ts'
export {
  AddressError,
  AddressInUseError,
  ConnectionFailedError,
  ConnectionLostError,
  IncompleteReadError,
  LimitOverrunError,
  ProtocolFactoryError,
  TransportClosedError,
} from './errors.ts'
export { getaddrinfo, getnameinfo } from './name-resolution.ts'
export type { IoChoice, TlsEngine } from './network.ts'
export type { Family } from './resolve.ts'
export { sendFile } from './send-file.ts'
export type { SendFileOptions } from './send-file.ts'
export { Server } from './server.ts'
export { listenFds } from './listen-fds.ts'
export type { PassedSocket } from './listen-fds.ts'
export type { SocketOptions } from './socket-options.ts'
export type { StartTlsOptions, TlsTimes } from './tls-times.ts'
