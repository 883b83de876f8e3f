import type { EventLoop, SocketAddress } from '@loop/core'
import type { Server, Socket } from 'node:net'
import type { NetListener, NetListenerHandler } from '../network.ts'
import { boundAddress } from './node-address.ts'
import { NodeConnection } from './node-connection.ts'

/** A listening server of Node: each connection is handed over in a handle of the loop. */
export class NodeListener implements NetListener {
  readonly address: SocketAddress
  private closed = false
  /** Accepting fails at the moment; it has been told. */
  private failing = false

  constructor(
    private readonly loop: EventLoop,
    private readonly server: Server,
    private readonly handler: NetListenerHandler,
    secure: boolean,
  ) {
    this.address = boundAddress(server.address())
    server.unref()
    server.on('error', this.onError)
    server.on(secure ? 'secureConnection' : 'connection', this.onConnection)
    if (secure) server.on('connection', unref).on('tlsClientError', this.onHandshakeFailed)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.server.close()
  }

  private readonly onConnection = (socket: Socket): void => {
    this.failing = false
    if (this.loop.isClosed()) {
      socket.destroy()
      this.close()
      return
    }
    const connection = new NodeConnection(this.loop, socket, 'open')
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

  private readonly onHandshakeFailed = (error: Error): void => {
    if (!this.loop.isClosed()) this.loop.callSoon(() => this.handler.handshakeFailed?.(error))
  }
}

/** While it shakes hands, too, a connection does not keep the process alive. */
function unref(socket: Socket): void {
  socket.unref()
}
