import type { EventLoop, TimerHandle } from '@loop/core'
import type { LagBucket } from '@loop/demo-page/wire'

/**
 * Upper bounds in milliseconds, 1-2-5: as even on a logarithmic scale as round numbers are. The last bucket has none.
 */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const

/** Milliseconds between two probes: ten a second, as the monitor's own heartbeat. */
const INTERVAL = 100

/** How many probes are kept: those of a minute. */
const KEPT = 600

/**
 * How late a timer comes, ten times a second, in buckets over the last minute. The monitor has the percentiles since
 * the start; a picture needs the counts, and must forget.
 */
export class LagHistogram implements Disposable {
  private readonly counts = new Array<number>(BOUNDS.length + 1).fill(0)
  /** The bucket of each probe, in a ring. */
  private readonly ring: number[] = []
  private position = 0
  private due = 0
  private timer: TimerHandle

  constructor(private readonly loop: EventLoop) {
    this.timer = this.schedule()
  }

  /** The counts of the last minute. */
  buckets(): LagBucket[] {
    return this.counts.map((count, index) => ({ below: BOUNDS[index] ?? null, count }))
  }

  [Symbol.dispose](): void {
    this.timer.cancel()
  }

  private schedule(): TimerHandle {
    this.due = this.loop.time() + INTERVAL
    return this.loop.callAt(this.due, lagProbe, this)
  }

  /** @internal */
  probe(): void {
    this.record(this.loop.time() - this.due)
    this.timer = this.schedule()
  }

  private record(late: number): void {
    const found = BOUNDS.findIndex((bound) => late < bound)
    const bucket = found < 0 ? BOUNDS.length : found
    const forgotten = this.ring[this.position]
    if (forgotten !== undefined) this.counts[forgotten]!--
    this.counts[bucket]!++
    this.ring[this.position] = bucket
    this.position = (this.position + 1) % KEPT
  }
}

/** The name under which it stands in logs of turns. */
function lagProbe(histogram: LagHistogram): void {
  histogram.probe()
}
