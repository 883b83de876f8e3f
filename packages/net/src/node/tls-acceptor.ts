import type { EventLoop, TimerHandle } from '@loop/core'
import { nodeHost } from '@loop/core/lowlevel'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Duplex } from 'node:stream'
import type { Server, TlsOptions, TLSSocket } from 'node:tls'
import { createServer } from 'node:tls'
import type { TlsTimes } from '../contracts/tls-times.ts'
import { endedEarly, HANDSHAKE_MS, timedOut } from '../contracts/tls-times.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'
import { guardServer } from './tls-callbacks.ts'

/** Called once: with the secured socket, or with what went wrong; then what it stood on is destroyed. */
export type Secured = (error: Error | null, socket: TLSSocket | null) => void

/** Node's own limit counts from the last byte, so that a slow peer is never too slow: not used. */
const NEVER = 2 ** 31 - 1

/**
 * The server's side of TLS over connections that were accepted elsewhere. Its server of node:tls never listens: it has
 * the context, the tickets and the checks of certificates, for all of them.
 */
export class TlsAcceptor {
  private readonly server: Server
  private readonly limit: number
  /** Which handshake an event belongs to: Node emits it in the context that it was begun in. */
  private readonly current = new AsyncLocalStorage<Handshake>()

  /** Throws what node:tls says of its options. */
  constructor(
    private readonly loop: EventLoop,
    options: TlsOptions & TlsTimes,
  ) {
    this.limit = options.handshakeTimeout ?? HANDSHAKE_MS
    const guarded = guardServer(options, (error) => {
      this.current.getStore()?.explain(error)
    })
    this.server = createServer({ ...guarded, handshakeTimeout: NEVER })
    this.server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true
      this.current.getStore()?.settle(null, socket)
    })
    this.server.on('tlsClientError', (error) => {
      this.current.getStore()?.refused(error)
    })
  }

  /** Begins a handshake; the function returned gives it up. */
  secure(raw: Duplex, done: Secured): () => void {
    const handshake = new Handshake(this.loop, raw, this.limit, done)
    // A peer that ends in the middle of its handshake has given up: half-open, Node would wait for more.
    raw.allowHalfOpen = false
    this.current.run(handshake, () => this.server.emit('connection', raw))
    return () => {
      handshake.settle(new Error('the TLS handshake was given up'), null)
    }
  }
}

/** One handshake under way. It ends with its loop. */
class Handshake implements OpenSocket {
  private readonly timer: TimerHandle
  private settled = false
  private cause: Error | undefined

  constructor(
    private readonly loop: EventLoop,
    private readonly raw: Duplex,
    limit: number,
    private readonly done: Secured,
  ) {
    openSockets(loop).add(this)
    this.timer = loop.callLater(limit, () => {
      this.settle(timedOut('the TLS handshake took too long'), null)
    })
    raw.on('error', (error: Error) => {
      this.cause ??= error
    })
    raw.once('close', () => {
      this.settle(this.cause ?? endedEarly(), null)
    })
  }

  /** Says why it is about to fail, where Node will not know. */
  explain(cause: Error): void {
    this.cause ??= cause
  }

  settle(error: Error | null, socket: TLSSocket | null): void {
    if (this.settled) return
    this.settled = true
    this.timer.cancel()
    openSockets(this.loop).delete(this)
    if (error === null) this.raw.allowHalfOpen = true
    // Later: Node may be inside OpenSSL, which goes on with what would be freed.
    else
      nodeHost.immediate(() => {
        this.raw.destroy()
      })
    if (!this.loop.isClosed()) this.done(error, socket)
  }

  /** Node has refused it. */
  refused(error: Error): void {
    this.settle(this.cause ?? error, null)
  }

  drop(): void {
    this.settled = true
    this.raw.destroy()
  }
}
