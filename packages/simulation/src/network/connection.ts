/* Long because it is one end of a connection: what its program does, what the wire does, what its program is told. */
/**
 * One end of a TCP connection.
 *
 * Bytes go through the kernels of both ends, which hold a window of them between the two programs; what does not fit
 * waits at the writer, and is `pending`. A direction keeps its order. What TCP does about lost segments is modelled by
 * its effect: they come late, and so does all behind them. Where nothing passes, segments wait, until the way is
 * mended (the next retransmission then gets through) or the writer's patience is over (ETIMEDOUT).
 */
import type { ConnectionHandler, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import type { WorldEvent } from '../world/engine.ts'
import type { MessageEntry } from '../world/trace.ts'
import type { Link } from './link.ts'
import type { ConnectionEnd, Leaving, Machine, Sockets, Stalled } from './machine.ts'
import type { Network } from './network.ts'
import { preview } from './preview.ts'
import { systemError } from './system-error.ts'

/** What both kernels hold at most of one direction: Linux begins with as much. */
const WINDOW = 131_072
/** The most that arrives at once, as the contract of streams has it. */
const MOST_AT_ONCE = 65_536
/** asyncio's marks of back-pressure. */
const HIGH = 65_536
const LOW = 16_384
/** Milliseconds before the first retransmission: Linux's least. */
export const FIRST_RETRY_MS = 200
/** Retransmissions come at least so often, in milliseconds (RFC 6298). */
const LONGEST_RETRY_MS = 120_000

/** Bytes, or the end of the direction, or of the connection, or the answer to a connect. */
type Segment = Buffer | 'fin' | 'rst' | 'up'

/** One end; see `Connection` in @loop/core/lowlevel. */
export class SimulatedConnection implements ConnectionEnd, Stalled {
  borrow = false
  pull = false
  paused = false
  pending = 0
  state: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting'
  fd: number
  peer: SimulatedConnection | null = null

  private high = HIGH
  private low = LOW
  private isAbove = false
  private readonly unsent: Buffer[] = []
  /** Bytes that were sent and that the peer's program has not read. */
  private inFlight = 0
  private endAsked = false
  private endSent = false
  private aborted = false

  private readonly inbox: (Buffer | 'fin')[] = []
  /** Not told to its program yet: it arrives there after the connection itself. */
  private isHeld = false
  /** What broke it while it was paused. */
  private brokenBy: Error | null = null

  /** World time at which the last segment arrives. */
  private lastArrival = 0
  private stalledSegments: { readonly segment: Segment; readonly entry: MessageEntry | null }[] | null = null
  private stalledSince = 0
  private giveUp: WorldEvent | null = null
  /** When its connect fails, while that is under way. */
  connectLimit: WorldEvent | null = null

  constructor(
    private readonly network: Network,
    private readonly streams: Sockets,
    readonly machine: Machine,
    private readonly far: Machine | null,
    public handler: ConnectionHandler,
    readonly localAddress: SocketAddress,
    readonly remoteAddress: SocketAddress,
  ) {
    this.fd = network.descriptors++
    streams.connections.add(this)
  }

  // ---------------------------------------------------------------- what its program does

  write(bytes: Uint8Array): boolean {
    if (this.endAsked || this.aborted) throw new InvalidStateError('nothing can be written after end, close or abort')
    if (this.brokenBy !== null) this.finish(this.brokenBy)
    if (this.state === 'closed') return false
    if (bytes.length > 0) {
      this.unsent.push(Buffer.from(bytes))
      this.pending += bytes.length
      if (this.state === 'open') this.transmit()
    }
    if (this.pending > this.high) this.isAbove = true
    return !this.isAbove
  }

  end(): void {
    if (this.endAsked || this.state === 'closed') return
    this.endAsked = true
    if (this.state === 'open') this.transmit()
  }

  close(): void {
    if (this.state === 'closed' || this.state === 'closing') return
    if (this.state === 'connecting') {
      this.abort()
      return
    }
    this.endAsked = true
    this.state = 'closing'
    this.transmit()
    this.closeIfSent()
  }

  abort(error?: Error): void {
    this.aborted = true
    if (this.state === 'closed') return
    this.dropUnsent()
    this.sendLast()
    this.finish(error)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (this.brokenBy !== null) this.finish(this.brokenBy)
    else this.deliverAll()
  }

  receive(into: Uint8Array): number {
    const [first] = this.inbox
    if (first === undefined || first === 'fin' || this.paused || this.state !== 'open') return 0
    const bytes = first.subarray(0, into.length)
    into.set(bytes)
    if (bytes.length === first.length) this.inbox.shift()
    else this.inbox[0] = first.subarray(bytes.length)
    this.consumed(bytes.length)
    return bytes.length
  }

  setWaterMarks(high: number, low: number): void {
    this.high = high
    this.low = low
    this.isAbove = this.pending > high
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  // ---------------------------------------------------------------- life

  /** It was accepted at the far end, or here: its program will hear of it. */
  open(peer: SimulatedConnection): void {
    this.peer = peer
    this.state = 'open'
  }

  /** What arrives waits, until its program has heard of the connection. */
  holdBack(): void {
    this.isHeld = true
  }

  /** Its program has heard of the connection. */
  ready(): void {
    this.isHeld = false
    this.deliverAll()
  }

  /** The answer to a connect. */
  accept(): void {
    this.send('up')
  }

  /** The system has an error for its program; the connection is gone. */
  breakOff(error: Error): void {
    if (this.paused && this.state === 'open') this.brokenBy ??= error
    else this.finish(error)
  }

  /** It is over; its program is told. */
  finish(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.forget()
    this.streams.post(() => {
      this.handler.closed(error)
    })
  }

  /** Its program is gone. The kernel tells the peer: all that was read is acknowledged, what was not is a reset. */
  leave(how: Leaving): void {
    if (this.state === 'closed') return
    this.dropUnsent()
    if (how === 'reset') this.send('rst')
    else if (how === 'close') this.sendLast()
    else this.dropStalled()
    this.forget()
  }

  private forget(): void {
    this.state = 'closed'
    this.fd = -1
    this.connectLimit?.cancel()
    this.dropUnsent()
    this.inbox.length = 0
    this.streams.connections.delete(this)
  }

  private dropUnsent(): void {
    this.unsent.length = 0
    this.pending = 0
  }

  /** The end of the direction; a reset where something arrived that nobody will read, as kernels do. */
  private sendLast(): void {
    if (this.inbox.some((each) => each !== 'fin')) this.send('rst')
    else if (!this.endSent) {
      this.endSent = true
      this.send('fin')
    }
  }

  private closeIfSent(): void {
    if (this.state === 'closing' && this.endSent) {
      if (this.inbox.some((each) => each !== 'fin')) this.send('rst')
      this.finish(undefined)
    }
  }

  // ---------------------------------------------------------------- the wire

  /** Gives the kernel what it takes. */
  transmit(): void {
    if (this.machine.clogged.writes) return
    while (this.unsent.length > 0 && this.inFlight < WINDOW) {
      const first = this.unsent[0]!
      const segment = first.subarray(0, Math.min(MOST_AT_ONCE, WINDOW - this.inFlight))
      if (segment.length === first.length) this.unsent.shift()
      else this.unsent[0] = first.subarray(segment.length)
      this.pending -= segment.length
      this.inFlight += segment.length
      const cut = this.link().fragmentAt(segment.length)
      if (cut > 0) this.send(segment.subarray(0, cut))
      this.send(cut > 0 ? segment.subarray(cut) : segment)
    }
    if (this.isAbove && this.pending <= this.low) {
      this.isAbove = false
      this.streams.post(() => {
        if (this.state !== 'closed') this.handler.drained?.()
      })
    }
    if (this.endAsked && !this.endSent && this.unsent.length === 0) {
      this.endSent = true
      this.send('fin')
    }
    this.closeIfSent()
  }

  private link(): Link {
    return this.network.link(this.machine, this.far!)
  }

  private send(segment: Segment): void {
    const { peer, network } = this
    if (peer === null) return
    const { world } = network
    const link = this.link()
    const { loss, reset } = link.conditions
    const length = typeof segment === 'string' ? 0 : segment.length
    const entry = this.record(segment)
    let delay = link.delay(world.now(), length)
    // A lost segment is sent again, each time after twice as long.
    for (let retry = FIRST_RETRY_MS; link.strikes('loss', loss); retry *= 2) delay += retry
    const breaks = length > 0 && link.strikes('reset', reset)
    this.lastArrival = Math.max(this.lastArrival, world.now() + delay)
    world.after(this.lastArrival - world.now(), () => {
      if (breaks) this.breakBoth(entry)
      else this.arrive(segment, entry)
    })
  }

  private record(segment: Segment): MessageEntry | null {
    const { trace, now } = this.network.world
    trace.mix(this.machine.index * 256 + this.far!.index)
    if (typeof segment === 'string') trace.mixText(segment)
    else trace.mixBytes(segment)
    if (!trace.keeps) return null
    const text = typeof segment === 'string' ? WORDS[segment] : preview(segment)
    const entry: MessageEntry = {
      kind: 'message',
      at: now(),
      arrived: undefined,
      from: this.machine.name,
      to: this.far!.name,
      text: `${text}  (:${portOf(this.localAddress)} to :${portOf(this.remoteAddress)})`,
    }
    trace.entries.push(entry)
    return entry
  }

  private breakBoth(entry: MessageEntry | null): void {
    if (entry !== null) entry.lost = 'the connection was reset'
    this.breakOff(systemError('ECONNRESET', 'read'))
    this.peer?.breakOff(systemError('ECONNRESET', 'read'))
  }

  private arrive(segment: Segment, entry: MessageEntry | null): void {
    const { network } = this
    const link = this.link()
    // What stalls comes before what is held: a segment behind a stalled one must not get in front of it.
    if (this.stalledSegments === null && link.held !== null) {
      link.held.push(() => {
        this.arrive(segment, entry)
      })
      return
    }
    if (this.stalledSegments !== null || this.isSevered()) {
      // A reset is sent once only.
      if (segment === 'rst') {
        if (entry !== null) entry.lost = 'lost'
      } else this.stall(segment, entry)
      return
    }
    if (network.link(this.far!, this.machine).cut) this.waitForAcknowledgement()
    network.messages++
    network.world.trace.mixTime(network.world.now())
    if (entry !== null) entry.arrived = network.world.now()
    this.peer!.take(segment)
  }

  /** A segment has come. */
  private take(segment: Segment): void {
    if (segment === 'rst') {
      this.breakOff(systemError('ECONNRESET', 'read'))
      return
    }
    if (this.state === 'closed' || this.state === 'closing') {
      // Nobody will read it.
      if (segment !== 'fin') this.send('rst')
      return
    }
    if (segment === 'up') {
      this.state = 'open'
      this.connectLimit?.cancel()
      this.streams.post(() => {
        if (this.state === 'closed') return
        this.handler.connected?.()
        if (this.isHeld) this.ready()
      })
      this.isHeld = true
      this.transmit()
      return
    }
    this.inbox.push(segment)
    if (!this.isHeld && !this.paused) this.deliverSoon()
  }

  private isSevered(): boolean {
    return this.far!.isSilent || this.link().cut
  }

  private stall(segment: Segment, entry: MessageEntry | null): void {
    if (this.stalledSegments === null) {
      this.stalledSegments = []
      this.stalledSince = this.network.world.now()
      this.network.stalled.add(this)
      this.waitForAcknowledgement()
    }
    this.stalledSegments.push({ segment, entry })
  }

  /** The writer hears nothing of what it sent. */
  private waitForAcknowledgement(): void {
    if (this.giveUp !== null) return
    this.network.stalled.add(this)
    this.giveUp = this.network.world.after(this.link().conditions.retryTimeout, () => {
      this.dropStalled()
      this.breakOff(systemError('ETIMEDOUT', 'read'))
    })
  }

  private dropStalled(): void {
    for (const { entry } of this.stalledSegments ?? []) if (entry !== null) entry.lost = 'lost'
    this.stalledSegments = null
    this.network.stalled.delete(this)
    this.giveUp?.cancel()
    this.giveUp = null
  }

  repaired(): void {
    const { network } = this
    if (this.isSevered() || network.link(this.far!, this.machine).cut) return
    const segments = this.stalledSegments
    if (segments === null) {
      this.dropStalled()
      return
    }
    // The next of the retransmissions, which come at growing distances, gets through.
    let at = this.stalledSince
    for (let step = FIRST_RETRY_MS; at <= network.world.now(); step = Math.min(step * 2, LONGEST_RETRY_MS)) at += step
    network.world.after(at - network.world.now(), () => {
      if (this.stalledSegments !== segments || this.isSevered()) return
      this.stalledSegments = null
      this.dropStalled()
      for (const { segment, entry } of segments) this.arrive(segment, entry)
    })
  }

  // ---------------------------------------------------------------- what its program is told

  /** Tells of all that waits. */
  deliverAll(): void {
    if (this.machine.clogged.reads) return
    for (let count = this.inbox.length; count > 0; count--) this.deliverSoon()
  }

  private deliverSoon(): void {
    if (!this.machine.clogged.reads) this.streams.post(this.deliver)
  }

  private readonly deliver = (): void => {
    if (this.isHeld || this.paused || this.state !== 'open' || this.machine.clogged.reads) return
    const [first] = this.inbox
    if (first === undefined) return
    if (first === 'fin') {
      this.inbox.shift()
      this.handler.eof()
    } else if (this.pull) {
      this.handler.readable?.()
      // What it has left it is told of again, unless it took nothing at all.
      if (this.inbox.length > 0 && this.inbox[0] !== first) this.deliverSoon()
    } else {
      const bytes = this.takeBytes()
      this.consumed(bytes.length)
      this.handler.data(bytes)
    }
  }

  /** All that has come and fits, as the system gives it. */
  private takeBytes(): Buffer {
    const { inbox } = this
    const first = inbox.shift() as Buffer
    const next = inbox[0]
    if (next === undefined || next === 'fin' || first.length + next.length > MOST_AT_ONCE) return first
    const pieces = [first]
    let length = first.length
    for (let piece = inbox[0]; piece !== undefined && piece !== 'fin'; piece = inbox[0]) {
      if (length + piece.length > MOST_AT_ONCE) break
      pieces.push(piece)
      length += piece.length
      inbox.shift()
    }
    return Buffer.concat(pieces)
  }

  /** The program has read so many bytes: the peer's kernel hears of it, and counts on it where something waits. */
  private consumed(length: number): void {
    const { peer, network } = this
    if (peer === null) return
    if (peer.unsent.length === 0) {
      peer.inFlight -= length
      return
    }
    network.world.after(this.link().delay(network.world.now(), 0), () => {
      peer.inFlight -= length
      if (peer.state === 'open' || peer.state === 'closing') peer.transmit()
    })
  }
}

const WORDS = { fin: 'end', rst: 'reset', up: 'accepted' } as const

function portOf(address: SocketAddress): number | string {
  return address.family === 'unix' ? address.path : address.port
}
