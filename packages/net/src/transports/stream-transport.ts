/**
 * Long because it is the one place where what the program, the peer and the connection do meets, each with its answers.
 *
 * The transport of a stream connection, the same over both families.
 *
 *     made (data | drained)* eof? lost          calls of the connection, each a handle of the loop
 *     connectionMade … connectionLost           calls of the protocol
 *
 * The way of the bytes is short: the event of a connection runs `data`, which calls the protocol; `write` calls the
 * connection. Everything rare is kept out of these two.
 */
import type { Awaitable, EventLoop, Future } from '@loop/core'
import type { ConnectionHandler, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { isIP } from 'node:net'
import { inspect } from 'node:util'
import { BufferedReceiver } from './buffered-receiver.ts'
import { ConnectionLostError, TransportClosedError } from '../contracts/errors.ts'
import { NOTHING_ARRIVED, PendingEvents } from './pending-events.ts'
import type { NetConnection } from '../contracts/network.ts'
import type { BufferedProtocol, Protocol, StreamProtocol } from '../contracts/protocols.ts'
import { nameOfAddress } from '../base/options.ts'
import { isBuffered } from '../contracts/protocols.ts'
import type { ExtraInfo, Transport, WriteBufferLimits } from '../contracts/protocols.ts'
import { socketOptionsOf } from '../contracts/socket-options.ts'
import type { StartTlsOptions } from '../contracts/tls-times.ts'
import { Upgrade } from './start-tls.ts'
import { callProtocol, DEFAULT_LIMITS, DROPPED_WRITES_REPORTED, toError, waterMarks } from '../base/transport-parts.ts'

/** Hears of a transport's life: a server counts its connections, `createConnection` waits for one. */
export interface TransportOwner {
  made?(transport: StreamTransport): void
  lost?(transport: StreamTransport): void
}

/** What is known of a connection by the way it was made. */
export interface Origin {
  /** Where this side is. */
  readonly local?: SocketAddress | undefined
  /** A server accepted it. */
  readonly accepted?: boolean
  /** The name that was connected to. */
  readonly host?: string | undefined
}

/**
 * What may still be written: `ended` and `closed` are the program's doing, and a write after them is its mistake. The
 * rest came about without it, and what it goes on to write is dropped.
 */
type Writing = 'open' | 'ended' | 'closed' | keyof typeof ENDED_BY

/** Who ended it, in words. */
const ENDED_BY = {
  left: 'the peer had ended',
  failed: 'an exception had ended',
  dismissed: 'its server had closed',
} as const

const NOTHING = new Uint8Array(0)

/** See {@link Transport}. */
export class StreamTransport implements Transport, ConnectionHandler {
  private writing: Writing = 'open'
  private writingPaused = false
  private made = false
  private lost = false
  private limits: WriteBufferLimits = DEFAULT_LIMITS
  private droppedWrites = 0
  private peerEnded = false
  /** Where this side is. */
  private local: SocketAddress | undefined
  /** TLS is being begun; what is asked of the transport meanwhile holds for the secure connection. */
  private upgrade: Upgrade | null = null
  /** Whether the secure connection is to be read from. */
  private readSecure = true
  private upgraded: Future<void> | null = null
  private awaitRoom: Future<void>[] | null = null
  /** Fills the buffers of buffered protocols; null until there is one. */
  private receiver: BufferedReceiver | null = null

  /** Takes the connection over: its events come here from now on, `connectionMade` in the next turn. */
  constructor(
    private readonly loop: EventLoop,
    private connection: NetConnection,
    private protocol: StreamProtocol,
    private readonly owner: TransportOwner | null,
    private readonly origin: Origin = {},
  ) {
    this.local = origin.local
    this.setProtocol(protocol)
    connection.handler = new PendingEvents(this, connection)
    loop.callSoon(begin, this)
  }

  // ---------------------------------------------------------------- from the connection

  /** Calls `connectionMade`, once; reading begins. */
  begin(): void {
    const pending = this.connection.handler as PendingEvents
    this.made = true
    const { protocol } = this
    // The system forgets it with the connection, and programs ask at the end.
    this.local ??= this.connection.localAddress
    try {
      protocol.connectionMade?.(this)
    } catch (error) {
      this.fail(error, 'connectionMade')
    }
    this.owner?.made?.(this)
    // After what connectionMade scheduled, as in asyncio, whose reading begins there.
    this.loop.callSoon(passOn, pending)
  }

  data(bytes: Uint8Array): void {
    try {
      ;(this.protocol as Protocol).dataReceived(bytes as Buffer)
    } catch (error) {
      this.fail(error, 'dataReceived')
    }
  }

  eof(): void {
    this.peerEnded = true
    if (this.isClosing()) return
    try {
      const keep = this.protocol.eofReceived?.()
      if (keep !== true) this.leave('left')
    } catch (error) {
      this.fail(error, 'eofReceived')
    }
  }

  drained(): void {
    if (!this.writingPaused) return
    this.writingPaused = false
    callProtocol(this, this.loop, 'resumeWriting')
    this.notifyRoom()
  }

  closed(error: Error | undefined): void {
    if (this.lost) return
    this.lost = true
    this.notifyRoom()
    this.owner?.lost?.(this)
    callProtocol(this, this.loop, 'connectionLost', error)
  }

  // ---------------------------------------------------------------- writing

  write(bytes: Uint8Array): void {
    if (this.writing !== 'open') this.refuseWrite()
    else if (this.upgrade !== null) throw new InvalidStateError('cannot write: startTls is under way; await it first')
    else if (!this.connection.write(bytes)) this.full()
  }

  /** @internal Sends a part of an open file by the system, as far as there is room; null where that cannot be done. */
  sendFile(file: number, offset: number, length: number): number | 'full' | null {
    if (this.writing !== 'open' || this.upgrade !== null) return null
    const sent = this.connection.sendFile?.(file, offset, length) ?? null
    if (sent === 'full') this.full()
    return sent
  }

  writeLines(list: Iterable<Uint8Array>): void {
    for (const bytes of list) this.write(bytes)
  }

  writeEof(): void {
    if (this.writing === 'closed') this.refuse('writeEof')
    if (this.writing !== 'open') return
    if (this.upgrade !== null) throw new InvalidStateError('cannot writeEof: startTls is under way; await it first')
    this.writing = 'ended'
    this.connection.end()
  }

  canWriteEof(): boolean {
    return true
  }

  flush(): void {
    if (this.connection.flush === undefined) this.loop.selector.streams?.flush()
    else this.connection.flush()
  }

  close(): void {
    this.writing = 'closed'
    if (this.upgrade === null) this.connection.close()
    else this.giveUpTls()
  }

  abort(): void {
    this.writing = 'closed'
    if (this.upgrade === null) this.connection.abort()
    else this.giveUpTls()
  }

  /** @internal As `close` or `abort`, by the server: whoever writes meanwhile has done nothing wrong. */
  dismiss(how: 'close' | 'abort'): void {
    const { writing } = this
    this[how]()
    this.writing = writing === 'open' || writing === 'ended' ? 'dismissed' : writing
  }

  isClosing(): boolean {
    const { writing } = this
    return (writing !== 'open' && writing !== 'ended') || this.lost || this.connection.state === 'closed'
  }

  getWriteBufferSize(): number {
    return this.connection.pending
  }

  getWriteBufferLimits(): WriteBufferLimits {
    return this.limits
  }

  setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    const { high, low } = (this.limits = waterMarks(limits))
    if (this.upgrade !== null) return
    this.connection.setWaterMarks(high, low)
    // Asks again, with the new marks; nothing is sent.
    if (this.writing === 'open' && !this.connection.write(NOTHING)) this.full()
  }

  /** The connection has enough to send; or it broke, and what was written is gone. */
  private full(): void {
    if (this.connection.state === 'closed') {
      this.noteDropped()
      return
    }
    if (this.writingPaused) return
    this.writingPaused = true
    callProtocol(this, this.loop, 'pauseWriting')
  }

  /** @internal A future of room to write, or of the end; null when there is room. */
  room(): Future<void> | null {
    if (!this.writingPaused || this.lost) return null
    const waiting = this.loop.createFuture<void>()
    ;(this.awaitRoom ??= []).push(waiting)
    return waiting
  }

  private notifyRoom(): void {
    const { awaitRoom } = this
    this.awaitRoom = null
    for (const waiting of awaitRoom ?? []) if (!waiting.done()) waiting.setResult()
  }

  /** Closes it, which the program did not ask for. */
  private leave(writing: 'left' | 'failed', error?: Error): void {
    if (this.writing !== 'closed') this.writing = writing
    if (error === undefined) this.connection.close()
    else this.connection.abort(error)
  }

  private refuseWrite(): void {
    if (this.writing === 'closed' || this.writing === 'ended') this.refuse('write')
    this.noteDropped()
  }

  private noteDropped(): void {
    this.droppedWrites++
    if (this.droppedWrites !== DROPPED_WRITES_REPORTED) return
    const { writing } = this
    const over = writing in ENDED_BY ? ENDED_BY[writing as keyof typeof ENDED_BY] : 'the peer had broken'
    this.loop.callExceptionHandler({
      message: `${DROPPED_WRITES_REPORTED} writes to a connection that ${over} were dropped; stop writing at connectionLost, or ask isClosing()`,
      transport: this,
      protocol: this.protocol,
    })
  }

  private refuse(what: string): never {
    const why =
      this.writing === 'ended' ? 'writeEof() was called before' : 'the transport was closed; ask isClosing() first'
    throw new TransportClosedError(`cannot ${what}: ${why}`)
  }

  // ---------------------------------------------------------------- TLS

  startTls(options: StartTlsOptions = {}): Awaitable<void> {
    return this.secure(options, () => [])
  }

  /**
   * @internal As `startTls`; `unread` takes what was received and not read, and comes before what the connection still
   * has.
   */
  secure(options: StartTlsOptions, unread: () => Uint8Array[]): Awaitable<void> {
    if (typeof options !== 'object' || options === null)
      throw new TypeError(`startTls takes the options of node:tls, got ${describe(options)}`)
    if (this.writing !== 'open' || this.isClosing())
      throw new TransportClosedError('cannot startTls: the transport is closing, or writeEof() was called')
    if (this.connection.secure === true || this.upgrade !== null)
      throw new InvalidStateError('cannot startTls: TLS was begun before')
    const { loop, connection, origin } = this
    const done = loop.createFuture<void>()
    const named = origin.host === undefined || isIP(origin.host) !== 0 ? {} : { servername: origin.host }
    const serverSide = options.serverSide ?? origin.accepted === true
    const upgrade = new Upgrade(loop, connection, serverSide ? options : { ...named, ...options }, serverSide, {
      secured: (made) => {
        this.upgrade = null
        this.enter(made)
        if (!done.done()) done.setResult()
      },
      failed: (error) => {
        this.upgrade = null
        if (this.writing === 'open') this.writing = 'failed'
        this.closed(error)
        if (!done.done()) done.setException(error)
      },
    })
    this.readSecure = this.isReading()
    this.upgrade = upgrade
    this.upgraded = done
    // Between plain text and TLS nobody could go on with it: asyncio closes it, too.
    done.addDoneCallback(() => {
      if (!done.cancelled() || this.isClosing()) return
      this.writing = 'failed'
      if (this.upgrade === upgrade) this.giveUpTls()
      else this.connection.close()
    })
    connection.pause()
    loop.callSoon(() => {
      upgrade.begin(() => {
        const { handler } = connection
        const early = handler instanceof PendingEvents ? handler.takeAll() : NOTHING_ARRIVED
        const held = this.receiver?.taken() ?? NOTHING_ARRIVED
        return {
          pieces: [...unread(), ...held.pieces, ...early.pieces],
          ended: this.peerEnded || held.ended || early.ended,
        }
      })
    })
    return done
  }

  /** Goes on over the secure connection. */
  private enter(made: NetConnection & { start?(): void }): void {
    this.connection = made
    made.setWaterMarks(this.limits.high, this.limits.low)
    this.receiver = null
    this.suitProtocol()
    made.handler = this.handler
    if (!this.readSecure) made.pause()
    made.start?.()
  }

  private giveUpTls(): void {
    const { upgrade, upgraded, loop } = this
    this.upgrade = null
    upgrade?.giveUp()
    loop.callSoon(() => {
      this.closed(undefined)
      if (upgraded?.done() === false)
        upgraded.setException(new ConnectionLostError('the transport was closed before TLS was begun'))
    })
  }

  // ---------------------------------------------------------------- reading

  pauseReading(): void {
    if (this.upgrade !== null) this.readSecure = false
    else if (!this.isClosing()) this.connection.pause()
  }

  resumeReading(): void {
    if (this.upgrade !== null) this.readSecure = true
    if (this.isClosing() || this.upgrade !== null || !this.connection.paused) return
    const { handler } = this.connection
    // What is pending on this side comes before what the connection still has.
    if (handler instanceof PendingEvents) this.loop.callSoon(passOn, handler)
    if (this.receiver?.holds === true) this.receiver.resume(this.loop)
    this.connection.resume()
  }

  isReading(): boolean {
    return (this.upgrade === null ? !this.connection.paused : this.readSecure) && !this.isClosing()
  }

  // ---------------------------------------------------------------- the rest

  getProtocol(): StreamProtocol {
    return this.protocol
  }

  setProtocol(protocol: StreamProtocol): void {
    this.protocol = protocol
    // The events of the handshake are not the protocol's.
    if (this.upgrade !== null) return
    this.suitProtocol()
    if (this.made && !(this.connection.handler instanceof PendingEvents)) this.connection.handler = this.handler
  }

  /** Has the connection receive as the protocol reads. */
  private suitProtocol(): void {
    const buffered = isBuffered(this.protocol)
    // Bytes that are copied at once need not be kept by the connection.
    if ('pull' in this.connection) this.connection.pull = buffered
    else this.connection.borrow = buffered
    if (buffered) this.receiver ??= new BufferedReceiver(this, this.connection)
  }

  getExtraInfo<K extends keyof ExtraInfo & string>(name: K, fallback?: ExtraInfo[K]): ExtraInfo[K] | undefined {
    return (this.infoOf(name) ?? fallback) as ExtraInfo[K] | undefined
  }

  /** How it looks in a log: which connection, and its state. */
  [inspect.custom](): string {
    const { remoteAddress, state } = this.connection
    return `Transport(${remoteAddress === undefined ? 'no peer' : nameOfAddress(remoteAddress)}, ${this.isClosing() ? 'closing' : state})`
  }

  private infoOf(name: string): SocketAddress | unknown {
    if (name === 'peername') return this.connection.remoteAddress
    if (name === 'sockname') return (this.local ??= this.connection.localAddress)
    return this.connection.extra?.(name) ?? (name === 'socket' ? socketOptionsOf(this.connection) : undefined)
  }

  /** An exception of the protocol: reported, and the end of this connection. */
  fail(thrown: unknown, method: string): void {
    this.loop.callExceptionHandler({
      message: `Fatal error: protocol.${method}() failed; its connection is closed`,
      exception: thrown,
      transport: this,
      protocol: this.protocol,
    })
    this.leave('failed', toError(thrown))
  }

  /** Where the connection's events go once `connectionMade` was called. */
  get handler(): ConnectionHandler {
    // What is pending for a protocol of the other kind comes first.
    return isBuffered(this.protocol) || this.receiver?.holds === true ? this.receiver! : this
  }

  /**
   * The protocol as the receiver of {@link BufferedProtocol} needs it, or null when it was replaced by another kind.
   */
  get bufferedProtocol(): BufferedProtocol | null {
    return isBuffered(this.protocol) ? this.protocol : null
  }
}

function begin(transport: StreamTransport): void {
  transport.begin()
}

function passOn(pending: PendingEvents): void {
  pending.passOn()
}
