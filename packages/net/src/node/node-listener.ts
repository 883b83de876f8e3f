import type { EventLoop, SocketAddress } from '@loop/core'
import type { Server, Socket } from 'node:net'
import type { NetListener, NetListenerHandler } from '../network.ts'
import { boundAddress } from './node-address.ts'
import type { TlsTimes } from './node-connection.ts'
import { NodeConnection } from './node-connection.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'

/** A listening server of Node: each connection is handed over in a handle of the loop. */
export class NodeListener implements NetListener, OpenSocket {
  readonly address: SocketAddress
  private closed = false
  /** Accepting fails at the moment; it has been told. */
  private failing = false

  constructor(
    private readonly loop: EventLoop,
    private readonly server: Server,
    private readonly handler: NetListenerHandler,
    private readonly tls: TlsTimes | undefined,
  ) {
    const secure = tls !== undefined
    this.address = boundAddress(server.address())
    openSockets(loop).add(this)
    server.unref()
    server.on('error', this.onError)
    server.on(secure ? 'secureConnection' : 'connection', this.onConnection)
    if (secure) server.on('connection', this.onHandshake).on('tlsClientError', this.onHandshakeFailed)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    openSockets(this.loop).delete(this)
    this.server.close()
  }

  drop(): void {
    this.close()
  }

  private readonly onConnection = (socket: Socket): void => {
    this.failing = false
    const connection = new NodeConnection(this.loop, socket, 'open', undefined, this.tls)
    this.loop.callSoon(this.hand, connection)
  }

  private readonly hand = (connection: NodeConnection): void => {
    if (this.closed) {
      connection.abort()
      return
    }
    connection.handler = this.handler.accepted(connection)
    connection.start()
  }

  private readonly onError = (error: Error): void => {
    if (this.failing || this.closed || this.loop.isClosed()) return
    this.failing = true
    this.loop.callSoon(() => this.handler.failed?.(error))
  }

  /** While it shakes hands, too, a connection does not keep the process alive, and ends with the loop. */
  private readonly onHandshake = (socket: Socket): void => {
    socket.unref()
    const open = openSockets(this.loop)
    const entry: OpenSocket = {
      drop() {
        socket.destroy()
      },
    }
    open.add(entry)
    socket.once('close', () => open.delete(entry))
  }

  private readonly onHandshakeFailed = (error: Error, socket: Socket): void => {
    // Node leaves one that took too long open.
    socket.destroy()
    if (!this.loop.isClosed()) this.loop.callSoon(() => this.handler.handshakeFailed?.(error))
  }
}
