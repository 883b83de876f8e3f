import type { EventLoop, Future } from '@loop/core'
import type { DatagramHandler, DatagramOptions, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import type { RemoteInfo, Socket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import type { NetDatagramSocket } from '../contracts/network.ts'
import { DEFAULT_LIMITS } from '../base/transport-parts.ts'
import { boundAddress, checkBytes, ipAddress } from './node-address.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'

/** Bytes that each waiting datagram counts more than it has: else empty ones could be kept without end. */
const OVERHEAD = 64

/** A datagram socket over one of Node: each datagram is handed over in a handle of the loop. */
export class NodeDatagramSocket implements NetDatagramSocket, OpenSocket {
  readonly localAddress: SocketAddress
  pending = 0
  private high = DEFAULT_LIMITS.high
  private low = DEFAULT_LIMITS.low
  private stopped = false
  private state: 'open' | 'closing' | 'closed' = 'open'
  private cause: Error | undefined

  private constructor(
    private readonly loop: EventLoop,
    private readonly socket: Socket,
    readonly remoteAddress: SocketAddress | undefined,
    public handler: DatagramHandler,
  ) {
    this.localAddress = boundAddress(socket.address())
    openSockets(loop).add(this)
    socket.unref()
    socket.on('message', this.onMessage).on('error', this.onError).on('close', this.onClose)
  }

  /** Binds, and connects where there is only one peer; the future fails with the system's error. */
  static open(
    loop: EventLoop,
    socket: Socket,
    options: DatagramOptions,
    handler: DatagramHandler,
  ): Future<NetDatagramSocket> {
    const opened = loop.createFuture<NetDatagramSocket>()
    const { remote } = options
    let over = false
    const failed = (error?: Error): void => {
      if (over) return
      over = true
      socket.close()
      if (!opened.done() && !loop.isClosed()) opened.setException(error)
    }
    // Node throws some of its errors, and here nobody would catch them.
    const attempt = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        failed(error as Error)
      }
    }
    const ready = (): void => {
      socket.off('error', failed)
      if (opened.done() || loop.isClosed()) {
        socket.close()
        return
      }
      const peer = remote === undefined ? undefined : ipAddress(remote.host, remote.port)
      opened.setResult(new NodeDatagramSocket(loop, socket, peer, handler))
    }
    const connected = (error?: Error): void => {
      if (error) failed(error)
      else attempt(ready)
    }
    socket.once('error', failed)
    attempt(() => {
      socket.bind({ port: options.port ?? 0, ...(options.host === undefined ? {} : { address: options.host }) }, () => {
        attempt(() => {
          // Before connecting: a broadcast address may be the peer.
          if (options.broadcast === true) socket.setBroadcast(true)
          if (remote === undefined) ready()
          else socket.connect(remote.port, remote.host, connected as () => void)
        })
      })
    })
    return opened
  }

  send(bytes: Uint8Array, to?: { readonly host: string; readonly port: number }): boolean {
    checkBytes(bytes)
    if (this.state !== 'open') throw new InvalidStateError('cannot send: the socket is closed')
    // Copied: Node would go on using memory that the caller may change.
    const copy = Buffer.from(bytes)
    const size = copy.length + OVERHEAD
    this.pending += size
    const sent = (error: Error | null): void => {
      this.sent(size, error)
    }
    if (to === undefined) this.socket.send(copy, sent)
    else this.socket.send(copy, to.port, this.mapped(to.host), sent)
    if (this.pending <= this.high) return true
    this.stopped = true
    return false
  }

  close(): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    if (this.pending === 0) this.socket.close()
  }

  abort(error?: Error): void {
    if (this.state === 'closed') return
    const waiting = this.state === 'open' || this.pending > 0
    this.state = 'closed'
    this.cause ??= error
    if (waiting) this.socket.close()
  }

  drop(): void {
    this.abort()
  }

  setWaterMarks(high: number, low: number): void {
    this.high = high
    this.low = low
  }

  /** A socket of both families takes IPv4 addresses in the form that IPv6 has for them (RFC 4291, section 2.5.5.2). */
  private mapped(host: string): string {
    return this.localAddress.family === 'IPv6' && isIPv4(host) ? `::ffff:${host}` : host
  }

  private sent(size: number, error: Error | null): void {
    this.pending -= size
    if (error !== null && this.state !== 'closed')
      this.soon(() => {
        this.handler.failed(error)
      })
    if (this.stopped && this.pending <= this.low) {
      this.stopped = false
      this.soon(() => this.handler.drained?.())
    }
    if (this.state === 'closing' && this.pending === 0) {
      this.state = 'closed'
      this.socket.close()
    }
  }

  private readonly onMessage = (bytes: Buffer, from: RemoteInfo): void => {
    this.soon(() => {
      if (this.state === 'open') this.handler.datagram(bytes, ipAddress(from.address, from.port))
    })
  }

  private readonly onError = (error: Error): void => {
    this.soon(() => {
      if (this.state === 'open') this.handler.failed(error)
    })
  }

  private readonly onClose = (): void => {
    openSockets(this.loop).delete(this)
    this.soon(() => {
      this.handler.closed(this.cause)
    })
  }

  private soon(run: () => void): void {
    if (!this.loop.isClosed()) this.loop.callSoon(run)
  }
}
