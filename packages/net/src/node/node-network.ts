import type { EventLoop, Future } from '@loop/core'
import type { ConnectionHandler, DatagramHandler, DatagramOptions } from '@loop/core/lowlevel'
import { NotSupportedError } from '@loop/core'
import { createSocket } from 'node:dgram'
import type { SocketOptions } from 'node:dgram'
import { connect, createServer, isIPv6, Socket } from 'node:net'
import type { ListenOptions, NetConnectOpts } from 'node:net'
import process from 'node:process'
import type { ConnectionOptions as TlsConnectOptions, TLSSocket } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type {
  ConnectPlace,
  ListenPlace,
  NetConnection,
  NetDatagramSocket,
  NetListener,
  NetListenerHandler,
  Network,
} from '../contracts/network.ts'
import { NodeConnection } from './node-connection.ts'
import { NodeDatagramSocket } from './node-datagram-socket.ts'
import { NodeListener } from './node-listener.ts'
import { TlsAcceptor } from './tls-acceptor.ts'
import { guardClient } from './tls-callbacks.ts'

/** asyncio's length of the queue of connections that are not accepted yet. */
const BACKLOG = 100

/** Connections over node:net, node:tls and node:dgram: on every platform and runtime, and with TLS. */
export class NodeNetwork implements Network {
  readonly name = 'node'

  constructor(private readonly loop: EventLoop) {}

  listen(place: ListenPlace, handler: NetListenerHandler): Future<NetListener> {
    const { tls, backlog = BACKLOG, ...where } = place
    if (place.reusePort === true) checkReusePort()
    checkNamed(place.path)
    const secured = tls === undefined ? null : { acceptor: new TlsAcceptor(this.loop, tls), times: tls }
    const server = createServer(HALF_OPEN)
    const bound = this.loop.createFuture<NetListener>()
    const failed = (error: Error): void => {
      if (!bound.done() && !this.loop.isClosed()) bound.setException(error)
    }
    server.once('error', failed)
    server.listen({ ...where, backlog } as ListenOptions, () => {
      server.off('error', failed)
      if (bound.done() || this.loop.isClosed()) server.close()
      else bound.setResult(new NodeListener(this.loop, server, handler, secured))
    })
    return bound
  }

  connect(place: ConnectPlace, handler: ConnectionHandler): NetConnection {
    const { tls, ...where } = place
    checkNamed(place.path)
    // The caller chooses among addresses; these are numeric.
    const options = { ...where, ...HALF_OPEN, autoSelectFamily: false } as NetConnectOpts
    if (place.fd !== undefined) return this.adopt(place.fd, tls, handler)
    const socket = tls === undefined ? connect(options) : this.secure({ ...options, ...tls } as TlsConnectOptions)
    const remote = place.path === undefined ? undefined : ({ family: 'unix', path: place.path } as const)
    const connection = new NodeConnection(this.loop, socket, 'connecting', remote, tls)
    connection.handler = handler
    return connection
  }

  /** Takes over a socket that is connected already; `connected` follows in a later turn, as for any other. */
  private adopt(fd: number, tls: ConnectPlace['tls'], handler: ConnectionHandler): NetConnection {
    const raw = new Socket({ fd, ...HALF_OPEN })
    const socket = tls === undefined ? raw : this.secure({ ...tls, socket: raw })
    const connection = new NodeConnection(this.loop, socket, 'connecting', undefined, tls)
    connection.handler = handler
    if (tls === undefined)
      this.loop.callSoon(() => {
        connection.adopted()
      })
    else connection.limitHandshake()
    return connection
  }

  private secure(options: TlsConnectOptions): TLSSocket {
    const guarded = guardClient(options, (error) => {
      socket.destroy(error)
    })
    const socket = connectTls({ ...guarded, ...HALF_OPEN } as TlsConnectOptions)
    return socket
  }

  datagram(options: DatagramOptions, handler: DatagramHandler): Future<NetDatagramSocket> {
    if (options.reusePort === true) checkReusePort()
    const numeric = options.host ?? options.remote?.host ?? '0.0.0.0'
    const socket = createSocket({
      type: isIPv6(numeric) ? 'udp6' : 'udp4',
      ...(options.reusePort === true ? ({ reusePort: true } as Partial<SocketOptions>) : {}),
    })
    return NodeDatagramSocket.open(this.loop, socket, options, handler)
  }
}

/** The end of the peer's side is the protocol's to answer. */
const HALF_OPEN = { allowHalfOpen: true } as const

/** Node takes an abstract name for a path that is padded with zeros, which nobody else looks for. */
function checkNamed(path: string | undefined): void {
  if (path?.startsWith('\0') === true)
    throw new NotSupportedError('abstract unix sockets need the streams of @loop/selector-native')
}

/** Node has it since 22.12 and 23.1, and ignores it before. */
function checkReusePort(): void {
  const [major = 0, minor = 0] = (process.versions.node ?? '').split('.').map(Number)
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return
  throw new NotSupportedError(
    `reusePort needs Node 22.12 or later, or the streams of @loop/selector-native; this is ${process.version}`,
  )
}
