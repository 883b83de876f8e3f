import type { Random } from '../random.ts'
import type { FaultLedger } from '../world/fault-ledger.ts'
import type { Conditions } from './conditions.ts'

/** How late a reordered message may be, in times of the longest latency. */
const LATENESS = 10
/** Milliseconds on the way from a host to itself. */
const LOOPBACK = [0.01, 0.05] as const

/** The way from one host to another; each has its own chance, so that what happens on one leaves the others alone. */
export class Link {
  /** Nothing passes. */
  cut = false
  /** What arrives waits here until it is released; null when nothing is held. */
  held: (() => void)[] | null = null
  /** Own conditions of this link; null for those of the network. */
  own: Conditions | null = null
  readonly name: string
  private readonly isLoopback: boolean
  /** World time at which the last byte has left, where bandwidth is limited. */
  private busyUntil = 0

  constructor(
    from: string,
    to: string,
    private readonly random: Random,
    private readonly network: () => Conditions,
    private readonly ledger: FaultLedger,
  ) {
    this.name = `${from}>${to}`
    this.isLoopback = from === to
  }

  get conditions(): Conditions {
    return this.own ?? this.network()
  }

  /** Milliseconds until a message of so many bytes, sent now, arrives. */
  delay(now: number, bytes: number): number {
    if (this.isLoopback) return this.random.between(...LOOPBACK)
    const { latency, reorder, bandwidth } = this.conditions
    let delay = this.random.between(...latency)
    if (this.strikes('reorder', reorder)) delay += this.random.between(0, latency[1] * LATENESS)
    if (bandwidth === Infinity) return delay
    this.busyUntil = Math.max(now, this.busyUntil) + (bytes / bandwidth) * 1000
    return this.busyUntil - now + delay
  }

  /** Draws whether a fault of this kind happens to a message. */
  strikes(kind: 'loss' | 'duplicate' | 'reorder' | 'reset' | 'refuse', probability: number): boolean {
    return probability > 0 && !this.isLoopback && this.ledger.strikes(kind, this.name, probability, this.random)
  }

  /** Where to cut a segment of so many bytes in two; 0 for nowhere. */
  fragmentAt(bytes: number): number {
    const { fragment } = this.conditions
    if (fragment === 0 || bytes < 2 || !this.random.chance(fragment)) return 0
    return 1 + this.random.below(bytes - 1)
  }
}
