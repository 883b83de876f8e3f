// Long because what may be called on a connection and what it still reports are one grammar.
import type { Connection, ConnectionHandler, ReadyEvent } from '@loop/core/lowlevel'
import { READABLE } from '@loop/core/lowlevel'
import { arrivedError, errnoOf, SystemError } from '../errors.ts'
import { ConnectionOption, Kind, Operation, WRITE_MAX } from '../engine/layout.ts'
import type { Borrower, Engine, SlotOwner } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'
import type { MessageOwner, SharedMessages } from '../engine/received.ts'
import type { HeldOwner } from './held.ts'
import { Held } from './held.ts'
import type { Ends } from './socket.ts'
import { Piece } from './piece.ts'
import type { PieceOwner } from './piece.ts'
import { checkBytes, NativeSocket, refuse } from './socket.ts'

/**
 * A larger write with nothing before it is sent at once from the caller's memory: the copy would cost more than the
 * crossing. One that follows others is copied, to leave in one send with them.
 */
const COPY_MAX = 8 * 1024

/** What can wait for the end of a pause. */
type HeldEvent = Piece | 'eof' | 'readable'

const WOULD_BLOCK = errnoOf('EAGAIN')

type State = Connection['state']

/**
 * One connection. The addon does the I/O; this object keeps the grammar: what may be called, and what is still reported.
 *
 * A take brings at most one piece of data for a connection, so it is its own event.
 */
export class NativeConnection
  extends NativeSocket
  implements Connection, SlotOwner, ReadyEvent, Borrower, MessageOwner, PieceOwner, HeldOwner<HeldEvent>
{
  protected readonly kind = 'connection'
  handler!: ConnectionHandler
  private borrows = false
  private pulls = false
  private ended = false
  /** The end came from the peer or the system: the caller could not know. */
  private lost = false
  /** Hears what concerns TLS, where there is a session. */
  session: Pick<SlotOwner, 'take'> | null = null
  private arrived: Uint8Array | null = null
  /** Where in the slab the bytes lie that are to be lent; -1 for none. */
  private lentAt = -1
  private lentLength = 0
  messages: SharedMessages | undefined
  /** What came in while paused by another handler of the same batch; null until there is some. */
  protected override held: Held<HeldEvent> | null = null

  constructor(engine: Engine, id: number, state: State, ends?: Ends) {
    super(engine, id, ends)
    this.state = state
    engine.add(this)
  }

  // ---------------------------------------------------------------- writing

  write(bytes: Uint8Array): boolean {
    checkBytes(bytes)
    if (this.state !== 'open' && this.state !== 'connecting') return this.refuseWrite()
    if (this.ended) return refuse('write', 'the writing side has been ended')
    const { length } = bytes
    if (length > WRITE_MAX || (length > COPY_MAX && this.pending === 0)) this.writeNow(bytes)
    else if (length > 0) this.engine.queueWrite(this.id, bytes)
    return this.pending <= this.high || this.isBelowHighAfterFlush()
  }

  /**
   * Sends a part of an open file from the system's memory, after what was written: how many bytes, and 0 at the file's
   * end. 'full' says that there is no room until `drained`; null that the file or the connection needs
   * another way.
   */
  sendFile(file: number, offset: number, length: number): number | 'full' | null {
    if (this.state !== 'open' || this.ended || this.engine.closed || !Number.isInteger(file) || file < 0) return null
    this.engine.flush()
    const sent = this.engine.native.sendFile(this.engine.handle, this.id, file, offset, length)
    if (sent >= 0) return sent
    if (sent !== WOULD_BLOCK) return null
    this.stopped = true
    return 'full'
  }

  end(): void {
    if (this.ended || (this.state !== 'open' && this.state !== 'connecting')) return
    this.ended = true
    this.engine.queue(this.id, Operation.end)
  }

  /** Says why it is about to end, where the addon knows more than a number. */
  explain(cause: Error): void {
    this.cause ??= cause
  }

  /** Sends from the caller's memory, after what was queued. */
  private writeNow(bytes: Uint8Array): void {
    const { engine } = this
    if (this.pending > 0) engine.flush()
    engine.native.write(engine.handle, this.id, bytes)
  }

  /** What was written in this batch is still here: only what the kernel then leaves counts as too much. */
  private isBelowHighAfterFlush(): boolean {
    this.engine.flush()
    if (this.pending <= this.high) return true
    this.stopped = true
    return false
  }

  private refuseWrite(): boolean {
    if (this.lost) return false
    return refuse('write', `the connection is ${this.state}`)
  }

  // ---------------------------------------------------------------- reading

  get borrow(): boolean {
    return this.borrows
  }

  set borrow(borrow: boolean) {
    this.borrows = borrow
    this.pull = false
  }

  get pull(): boolean {
    return this.pulls
  }

  set pull(pull: boolean) {
    if (pull === this.pulls) return
    this.pulls = pull
    this.engine.queue(this.id, pull ? Operation.pull : Operation.push)
  }

  receive(into: Uint8Array): number {
    if (this.state !== 'open' || this.paused || !this.pulls) return 0
    const count = this.engine.native.receive(this.engine.handle, this.id, into)
    if (count === 0) this.engine.post(this.eofEvent())
    return count > 0 ? count : 0
  }

  // ---------------------------------------------------------------- options

  setNoDelay(on: boolean): void {
    if (this.alive) this.engine.native.setNoDelay(this.engine.handle, this.id, Number(on))
  }

  setKeepAlive(on: boolean, delaySeconds = 0): void {
    if (this.alive) this.engine.native.setKeepAlive(this.engine.handle, this.id, Number(on), Math.round(delaySeconds))
  }

  /**
   * Bytes that the system keeps for sending; set where `bytes` is given. Linux keeps, and answers, twice of what it is
   * asked.
   */
  sendBufferSize(bytes?: number): number {
    return this.option('sendBuffer', bytes)
  }

  /** Bytes that the system keeps of what was received; as {@link sendBufferSize}. */
  receiveBufferSize(bytes?: number): number {
    return this.option('receiveBuffer', bytes)
  }

  /** How many routers a packet may pass; set where `hops` is given. Throws SystemError (ENOTSUP) on a unix socket. */
  timeToLive(hops?: number): number {
    return this.option('ttl', hops)
  }

  private option(name: keyof typeof ConnectionOption, value: number | undefined): number {
    const most = name === 'ttl' ? 255 : 2 ** 31 - 1
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most)) {
      throw new RangeError(`${name} is a whole number from 1 to ${most}, got ${String(value)}`)
    }
    if (!this.alive || this.engine.closed)
      return refuse(`${value === undefined ? 'get' : 'set'} ${name}`, 'the connection is closed')
    const result = this.engine.native.option(this.engine.handle, this.id, ConnectionOption[name], value ?? -1)
    if (result < 0) throw new SystemError(result, value === undefined ? 'getsockopt' : 'setsockopt')
    return result
  }

  // ---------------------------------------------------------------- events

  /** The event of arrived data is the connection itself, one at most in a take: no object and no closure for it. */
  get token(): number {
    return -1
  }

  get ready(): number {
    return READABLE
  }

  run(): void {
    let bytes = this.arrived
    this.arrived = null
    if (this.lentAt >= 0) bytes = this.takeLent(this.borrows && !this.holding)
    if (bytes === null) {
      if (this.holding && this.held?.empty === false) this.hold('readable')
      else if (this.pulls && !this.paused && this.state === 'open') this.handler.readable?.()
    } else if (this.holding) this.hold(new Piece(this, bytes))
    else this.data(bytes)
  }

  take(kind: number, a: number, b: number, into: ReadyEvent[]): void {
    switch (kind) {
      case Kind.data:
        this.arrive(a, b, into)
        break
      case Kind.arrived:
        into.push(this)
        break
      case Kind.eof:
        into.push(this.eofEvent())
        break
      case Kind.drained:
        if (this.stopped) into.push(this.drainedEvent())
        break
      case Kind.connected:
        into.push(this.connectedEvent())
        break
      case Kind.closed:
        into.push(this.closedEvent(a, b))
        break
      default:
        this.session?.take(kind, a, b, into)
    }
  }

  fail(error: Error): void {
    this.abort(error)
  }

  override abandon(): void {
    if (this.state !== 'closing') this.lost = true
    super.abandon()
  }

  keepLent(): void {
    if (this.lentAt >= 0) this.arrived = this.takeLent(false)
  }

  private takeLent(borrow: boolean): Buffer {
    const { received } = this.engine
    const at = this.lentAt
    this.lentAt = -1
    return borrow ? received.window(at, this.lentLength) : received.copy(at, this.lentLength, this)
  }

  private arrive(offset: number, length: number, into: ReadyEvent[]): void {
    if (this.arrived !== null) {
      // What came before is still waiting in a turn that was broken off.
      const bytes = this.engine.received.copy(offset, length, this)
      into.push(new Piece(this, bytes))
      return
    }
    if (this.borrows) {
      this.lentAt = offset
      this.lentLength = length
      this.engine.lend(this)
    } else {
      this.arrived = this.engine.received.copy(offset, length, this)
    }
    into.push(this)
  }

  deliver(piece: Piece): void {
    if (this.holding) this.hold(piece)
    else piece.emit()
  }

  data(bytes: Uint8Array): void {
    if (this.state === 'open') this.handler.data(bytes)
  }

  /** Whether what comes now is delivered later: reading is paused, or something from a pause is still pending. */
  private get holding(): boolean {
    return this.paused || this.held?.empty === false
  }

  emit(event: HeldEvent): void {
    if (this.state !== 'open') return
    if (event === 'eof') this.handler.eof()
    else if (event !== 'readable') event.emit()
    else if (this.pulls) this.handler.readable?.()
  }

  /** Takes what has arrived and was not delivered yet; it will not be. */
  takePending(): Uint8Array[] {
    this.keepLent()
    const pieces = this.held?.take((event) => event instanceof Piece).map(({ bytes }) => bytes) ?? []
    if (this.arrived !== null) pieces.push(this.arrived)
    this.arrived = null
    return pieces
  }

  private eofEvent(): ReadyEvent {
    return running(() => {
      if (this.holding) this.hold('eof')
      else this.emit('eof')
    })
  }

  private connectedEvent(): ReadyEvent {
    return running(() => {
      if (this.state !== 'connecting') return
      this.state = 'open'
      this.handler.connected?.()
    })
  }

  /** Names the peer of a failed connect: a program may be connecting to many. */
  protected override errorOf(errno: number, syscall: string): Error {
    const to = syscall === 'connect' ? this.remoteAddress : undefined
    if (to === undefined) return arrivedError(errno, syscall)
    return to.family === 'unix'
      ? arrivedError(errno, syscall, to.path)
      : arrivedError(errno, syscall, to.address, to.port)
  }

  private hold(event: HeldEvent): void {
    if (this.state === 'open') (this.held ??= new Held(this.engine, this)).add(event)
  }
}
