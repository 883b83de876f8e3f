import type { Connection, ReadyEvent, SocketAddress, StreamInfo } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { CALL_MASK, CALLS, Operation, PEER_BYTES, SLOT_MASK } from '../engine/layout.ts'
import type { Engine, SlotOwner } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'
import { arrivedError } from '../errors.ts'
import type { Held } from './held.ts'

/** Back-pressure marks in bytes: asyncio's and uvloop's defaults. */
const HIGH_WATER = 64 * 1024

/** Addresses that are known from the beginning: those of unix sockets. */
export interface Ends {
  readonly remote?: SocketAddress
  readonly local?: SocketAddress
}

const UNKNOWN: Ends = {}

/** What connections and datagram sockets share: a slot with its life, its addresses and its water marks. */
export abstract class NativeSocket implements SlotOwner {
  protected high = HIGH_WATER
  /** `write` has said stop, so `drained` follows. */
  protected stopped = false
  /** The addresses once they were asked for; until then the addon has them, and after the end `ends` has. */
  private remote: SocketAddress | undefined
  private local: SocketAddress | undefined
  private ends: Uint8Array | null = null

  constructor(
    protected readonly engine: Engine,
    readonly id: number,
    { remote, local }: Ends = UNKNOWN,
  ) {
    this.remote = remote
    this.local = local
  }

  protected abstract readonly kind: StreamInfo['kind']
  abstract take(kind: number, a: number, b: number, into: ReadyEvent[]): void
  abstract handler: { drained?(): void; closed(error: Error | undefined): void }
  /** What came in while reading was paused. */
  protected abstract readonly held: Pick<Held<unknown>, 'release' | 'clear'> | null
  state: Connection['state'] = 'open'
  paused = false
  protected cause: Error | undefined

  /** Whether the addon still has the slot. */
  protected get alive(): boolean {
    return this.state !== 'closed'
  }

  close(): void {
    if (this.state === 'closing' || this.state === 'closed') return
    this.state = 'closing'
    this.engine.queue(this.id, Operation.close)
  }

  abort(error?: Error): void {
    if (this.state === 'closed') return
    this.state = 'closing'
    this.cause ??= error
    this.engine.queue(this.id, Operation.abort)
  }

  pause(): void {
    if (this.paused || !this.alive) return
    this.paused = true
    this.engine.queue(this.id, Operation.pause)
  }

  resume(): void {
    if (!this.paused || !this.alive) return
    this.paused = false
    this.engine.queue(this.id, Operation.resume)
    this.held?.release()
  }

  /** The engine was closed, or the socket is: nothing more comes. */
  abandon(): void {
    this.state = 'closed'
  }

  protected drainedEvent(): ReadyEvent {
    this.stopped = false
    return running(() => {
      if (this.state === 'open') this.handler.drained?.()
    })
  }

  protected closedEvent(errno: number, where: number): ReadyEvent {
    this.keepEnds(where & ~CALL_MASK)
    const error = this.cause ?? (errno === 0 ? undefined : this.errorOf(errno, CALLS[where & CALL_MASK] ?? 'close'))
    this.abandon()
    this.engine.remove(this)
    return running(() => {
      this.held?.clear()
      this.handler.closed(error)
    })
  }

  /** The error that ended it. */
  protected errorOf(errno: number, syscall: string): Error {
    return arrivedError(errno, syscall)
  }

  get fd(): number {
    return this.alive && !this.engine.closed ? this.engine.native.descriptor(this.engine.handle, this.id) : -1
  }

  get pending(): number {
    return this.alive ? this.engine.memory.pending[this.id & SLOT_MASK]! : 0
  }

  get localAddress(): SocketAddress | undefined {
    return (this.local ??= this.addressOf(0))
  }

  get remoteAddress(): SocketAddress | undefined {
    return (this.remote ??= this.addressOf(1))
  }

  /**
   * Keeps the addresses of both ends, which came to `offset` with the end; as bytes, as most programs never ask for
   * them.
   */
  protected keepEnds(offset: number): void {
    if (this.remote === undefined || this.local === undefined)
      this.ends = this.engine.received.copy(offset, 2 * PEER_BYTES)
  }

  setWaterMarks(high: number, low: number): void {
    if (!(Number.isInteger(high) && Number.isInteger(low) && low >= 0 && low <= high)) {
      throw new RangeError(`water marks are whole numbers of bytes with 0 <= low <= high, got high ${high}, low ${low}`)
    }
    this.high = high
    if (this.alive) this.engine.native.setLow(this.engine.handle, this.id, Math.min(low, 2 ** 31 - 1))
  }

  info(): StreamInfo {
    const { kind, fd, pending } = this
    return { kind, fd, local: this.localAddress, remote: this.remoteAddress, pending }
  }

  private addressOf(remote: 0 | 1): SocketAddress | undefined {
    const { engine, ends } = this
    if (ends !== null)
      return engine.native.formatPeer(ends.subarray((1 - remote) * PEER_BYTES, (2 - remote) * PEER_BYTES))
    return this.alive && !engine.closed ? engine.native.address(engine.handle, this.id, remote) : undefined
  }
}

/** Throws unless it is bytes. */
export function checkBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`bytes must be a Uint8Array or Buffer, got ${typeof bytes}; encode text with Buffer.from(text)`)
  }
}

/** Throws, naming what can't be done and why. */
export function refuse(what: string, why: string): never {
  throw new InvalidStateError(`cannot ${what}: ${why}`)
}
