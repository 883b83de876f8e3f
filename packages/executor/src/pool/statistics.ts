/** What a pool has done and is doing. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** A distribution of durations, in milliseconds; all zero while nothing was recorded. */
export interface DurationSummary {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly max: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/**
 * A frozen snapshot of a pool. `submitted` is the sum of `succeeded`, `failed`, `cancelled`, `lost`, `waiting` and
 * `running`.
 */
export interface ExecutorStatistics {
  /** Workers that exist, those starting included. */
  readonly workers: number
  /** Workers without work. */
  readonly idle: number
  /** Tasks submitted so far. */
  readonly submitted: number
  /** Tasks in the queue of the pool. */
  readonly waiting: number
  /** Tasks handed to workers and not answered. */
  readonly running: number
  readonly succeeded: number
  /** Tasks that threw, timed out, or could not be shipped. */
  readonly failed: number
  readonly cancelled: number
  /** Tasks that ended with BrokenExecutorError. */
  readonly lost: number
  /** Workers that ended without being asked to, or were killed for a task. */
  readonly crashed: number
  /** From `submit` to the start of the run. Taken once a turn, so tasks submitted together share the start. */
  readonly waitTime: DurationSummary
  /** From the start of the run to its end, an asynchronous function's waits included. */
  readonly runTime: DurationSummary
}

/** Tasks by what became of them, and workers that died: counts that only grow. */
export interface Counts {
  submitted: number
  succeeded: number
  failed: number
  cancelled: number
  lost: number
  crashed: number
}

/** Histograms count nanoseconds, the unit that gives a task of a microsecond three digits. */
const NS = 1e6

/** Node's histogram, in milliseconds outside. */
export class DurationHistogram {
  // Two digits: 1 % is finer than any two runs agree, and each further digit costs eight times the memory.
  private readonly histogram: RecordableHistogram = createHistogram({ figures: 2 })
  private recorded = 0

  record(ms: number): void {
    this.recorded++
    this.histogram.record(ms > 0 ? Math.round(ms * NS) || 1 : 1)
  }

  summary(): DurationSummary {
    const { histogram, recorded } = this
    if (recorded === 0) return NOTHING_RECORDED
    const at = (percent: number): number => histogram.percentile(percent) / NS
    return Object.freeze({
      count: recorded,
      min: histogram.min / NS,
      mean: histogram.mean / NS,
      max: histogram.max / NS,
      p50: at(50),
      p90: at(90),
      p99: at(99),
    })
  }
}

const NOTHING_RECORDED: DurationSummary = Object.freeze({ count: 0, min: 0, mean: 0, max: 0, p50: 0, p90: 0, p99: 0 })
