import type { EventLoop, TimerHandle } from '@loop/core'
import type {
  Connection,
  ConnectionHandler,
  SocketAddress,
  StreamTls,
  TlsContext,
  TlsSession,
  TlsStart,
} from '@loop/core/lowlevel'
import type { NetConnection } from '../contracts/network.ts'
import { socketOptionsOf } from '../contracts/socket-options.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'
import { endedEarly, HANDSHAKE_MS, SHUTDOWN_MS, timedOut } from '../contracts/tls-times.ts'
import { toError } from '../base/transport-parts.ts'

/** How a handshake ends, once. */
export interface HandshakeEnd {
  secured(): void
  failed(error: Error): void
}

/**
 * A secure connection. Between the handshake and `close` the events of the connection beneath go straight to the
 * handler; before and after, they come here.
 */
export class TlsConnection implements NetConnection, ConnectionHandler {
  readonly secure = true
  /** Where events go in the end. */
  target: ConnectionHandler = NOBODY
  private session: TlsSession | null = null
  private shaken = false
  private handshake: HandshakeEnd | null = null
  /** Of the handshake, then of the shutdown. */
  private deadline: TimerHandle | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly raw: Connection,
    private readonly engine: string,
    private readonly times: TlsTimes,
  ) {}

  /** Begins the handshake; how it ends is reported once. */
  shake(
    tls: StreamTls<Connection>,
    context: TlsContext,
    start: Omit<TlsStart, 'secured'>,
    lateCode: string,
    end: HandshakeEnd,
  ): void {
    this.handshake = end
    this.raw.handler = this
    this.deadline = this.loop.callLater(this.times.handshakeTimeout ?? HANDSHAKE_MS, () => {
      this.raw.abort(timedOut('the TLS handshake took too long', lateCode))
    })
    try {
      this.session = tls.start(this.raw, context, {
        ...start,
        secured: () => {
          this.secured()
        },
      })
    } catch (error) {
      this.raw.abort(toError(error))
    }
  }

  private secured(): void {
    this.disarm()
    this.shaken = true
    this.raw.handler = this.target
    const end = this.handshake
    this.handshake = null
    end?.secured()
  }

  // ---------------------------------------------------------------- the handler

  get handler(): ConnectionHandler {
    return this.target
  }

  set handler(handler: ConnectionHandler) {
    this.target = handler
    if (this.shaken && this.raw.handler !== this) this.raw.handler = handler
  }

  data(): void {}

  /** It came before the session began, and behind it nothing can. */
  eof(): void {
    if (this.handshake !== null) this.raw.abort(endedEarly())
  }

  closed(error: Error | undefined): void {
    this.disarm()
    const end = this.handshake
    this.handshake = null
    if (end === null) this.target.closed(error)
    else end.failed(error ?? new Error('the connection was closed in the TLS handshake'))
  }

  // ---------------------------------------------------------------- the connection

  write(bytes: Uint8Array): boolean {
    return this.raw.write(bytes)
  }

  end(): void {
    this.raw.end()
  }

  close(): void {
    if (this.raw.state === 'open' && this.shaken) {
      this.raw.handler = this
      this.deadline = this.loop.callLater(this.times.shutdownTimeout ?? SHUTDOWN_MS, () => {
        this.raw.abort(timedOut('the peer did not end the TLS session in time', 'ETIMEDOUT'))
      })
    }
    this.raw.close()
  }

  abort(error?: Error): void {
    this.raw.abort(error)
  }

  pause(): void {
    this.raw.pause()
  }

  resume(): void {
    this.raw.resume()
  }

  setWaterMarks(high: number, low: number): void {
    this.raw.setWaterMarks(high, low)
  }

  get borrow(): boolean {
    return this.raw.borrow
  }

  set borrow(borrow: boolean) {
    this.raw.borrow = borrow
  }

  get pending(): number {
    return this.raw.pending
  }

  get state(): NetConnection['state'] {
    const { state } = this.raw
    return state === 'open' && !this.shaken ? 'connecting' : state
  }

  get paused(): boolean {
    return this.raw.paused
  }

  get localAddress(): SocketAddress | undefined {
    return this.raw.localAddress
  }

  get remoteAddress(): SocketAddress | undefined {
    return this.raw.remoteAddress
  }

  extra(name: string): unknown {
    const { session } = this
    switch (name) {
      case 'socket':
        return socketOptionsOf(this.raw)
      case 'tlsEngine':
        return this.engine
      case 'cipher':
        return session?.facts?.cipher
      case 'tlsProtocol':
        return session?.facts?.protocol
      case 'alpnProtocol':
        return session?.facts?.alpnProtocol
      case 'servername':
        return session?.facts?.servername
      case 'tlsSessionReused':
        return session?.facts?.sessionReused
      case 'peercert':
        return session?.peerCertificate()
      case 'tlsSession':
        return session?.ticket()
      case 'authorizationError':
        return session?.authorizationError
      default:
        return undefined
    }
  }

  private disarm(): void {
    this.deadline?.cancel()
    this.deadline = null
  }
}

const NOBODY: ConnectionHandler = { data() {}, eof() {}, closed() {} }
