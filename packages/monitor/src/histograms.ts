import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'

/** The distribution of a duration, in milliseconds; a frozen snapshot. All are 0 when `count` is. */
export interface Distribution {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** Node's histograms count whole nanoseconds. */
const NS = 1e6

/** A histogram of milliseconds over Node's own HdrHistogram, which keeps three digits of any duration. */
export class DurationHistogram {
  private readonly histogram: RecordableHistogram = createHistogram()

  /** Adds a duration in milliseconds. */
  record(ms: number): void {
    // It counts from 1 on; no clock here is that fine.
    this.histogram.record(Math.max(1, Math.round(ms * NS)))
  }

  /** Forgets everything. */
  reset(): void {
    this.histogram.reset()
  }

  snapshot(): Distribution {
    const { histogram } = this
    const { count } = histogram
    const inMs = (ns: number): number => (count === 0 ? 0 : ns / NS)
    return Object.freeze({
      count,
      min: inMs(histogram.min),
      max: inMs(histogram.max),
      mean: inMs(histogram.mean),
      stddev: inMs(histogram.stddev),
      p50: inMs(histogram.percentile(50)),
      p90: inMs(histogram.percentile(90)),
      p99: inMs(histogram.percentile(99)),
    })
  }
}
