import type { EventLoop } from '@loop/core'
import type { SocketAddress } from '@loop/core/lowlevel'
import type { Server, Socket } from 'node:net'
import type { NetListener, NetListenerHandler, PendingHandshake } from '../contracts/network.ts'
import { UnixPath } from '../base/unix-path.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'
import { boundAddress, remoteAddressOf } from './node-address.ts'
import { NodeConnection } from './node-connection.ts'
import type { DescriptorUser } from './descriptor-watch.ts'
import { unwatchDescriptors, watchDescriptors } from './descriptor-watch.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'
import type { TlsAcceptor } from './tls-acceptor.ts'

/** A listening server of Node: each connection is handed over in a handle of the loop. */
export class NodeListener implements NetListener, OpenSocket, DescriptorUser {
  readonly address: SocketAddress
  private closed = false
  /** Accepting fails at the moment, which has been reported. */
  private failing = false
  private readonly path: UnixPath | null
  /** Accepted, and not handed over yet; with the handshake that is over then, if there was one. */
  private readonly arriving = new Map<NodeConnection, PendingHandshake | null>()

  constructor(
    private readonly loop: EventLoop,
    private readonly server: Server,
    private readonly handler: NetListenerHandler,
    private readonly tls: { readonly acceptor: TlsAcceptor; readonly times: TlsTimes } | null,
  ) {
    this.address = boundAddress(server.address())
    this.path = this.address.family === 'unix' ? new UnixPath(this.address.path) : null
    openSockets(loop).add(this)
    watchDescriptors(this)
    server.unref()
    server.on('error', this.onError)
    server.on('connection', tls === null ? this.onConnection : this.onHandshake)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    openSockets(this.loop).delete(this)
    unwatchDescriptors(this)
    // libuv removes whatever is at the path.
    if (this.path === null) this.server.close()
    else this.path.keepAnothers(() => this.server.close())
    // Their peers know that they were accepted.
    for (const connection of [...this.arriving.keys()]) this.handSafely(connection)
  }

  drop(): void {
    this.arriving.clear()
    this.close()
  }

  private handSafely(connection: NodeConnection): void {
    try {
      this.hand(connection)
    } catch (error) {
      this.loop.callSoon(() => {
        throw error
      })
    }
  }

  exhausted(error: Error): void {
    this.onError(
      Object.assign(new Error('accept EMFILE: too many open files', { cause: error }), {
        code: (error as { code?: string }).code,
        syscall: 'accept',
      }),
    )
  }

  available(): void {
    this.failing = false
  }

  private readonly onConnection = (socket: Socket): void => {
    if (this.loop.isClosed()) socket.destroy()
    else this.accept(socket, undefined, null)
  }

  /**
   * During the handshake, too, a connection does not keep the process alive, and ends with the loop. It does not end
   * with the listener: its peer was accepted.
   */
  private readonly onHandshake = (raw: Socket): void => {
    if (this.loop.isClosed()) {
      raw.destroy()
      return
    }
    raw.unref()
    const remote = remoteAddressOf(raw)
    const { loop, handler } = this
    let aborted = false
    const pending: PendingHandshake = {
      abort() {
        aborted = true
        end()
      },
    }
    handler.handshakeBegan?.(pending)
    let end = this.tls!.acceptor.secure(raw, (error, socket) => {
      if (socket !== null) {
        const connection = this.accept(socket, remote, pending)
        end = () => {
          connection.abort()
        }
        return
      }
      loop.callSoon(() => {
        if (!aborted) handler.handshakeFailed?.(error!)
        handler.handshakeOver?.(pending)
      })
    })
  }

  private accept(
    socket: Socket,
    remote: SocketAddress | undefined,
    handshake: PendingHandshake | null,
  ): NodeConnection {
    this.failing = false
    const connection = new NodeConnection(this.loop, socket, 'open', remote, this.tls?.times)
    this.arriving.set(connection, handshake)
    this.loop.callSoon(this.hand, connection)
    return connection
  }

  private readonly hand = (connection: NodeConnection): void => {
    const handshake = this.arriving.get(connection)
    if (!this.arriving.delete(connection)) return
    try {
      connection.handler = this.handler.accepted(connection)
      connection.start()
    } finally {
      if (handshake) this.handler.handshakeOver?.(handshake)
    }
  }

  private readonly onError = (error: Error): void => {
    if (this.failing || this.closed || this.loop.isClosed()) return
    this.failing = true
    this.loop.callSoon(() => this.handler.failed?.(error))
  }
}
