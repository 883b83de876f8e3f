import type { Coroutine, EventLoop, Executor } from '@loop/core'
import type { JobRun } from './jobs/job-run.ts'
import type { JobStore } from './store/store.ts'
import type { WallClock } from './base/wall-clock.ts'
import type { FoldRule, GapRule } from './schedule/zoned-cron.ts'

/** What a job does: a plain, async or generator function. What it returns is kept as the job's last result. */
export type JobHandler<T = unknown> = (run: JobRun) => T | PromiseLike<T> | Coroutine<T>

/**
 * What happens when an occurrence comes while the job still runs:
 * 'skip' leaves it out, 'queue' runs it afterwards, 'parallel' runs it beside, 'replace' cancels the run in progress.
 */
export type OverlapPolicy = 'skip' | 'queue' | 'parallel' | 'replace'

/**
 * What happens to occurrences whose time passed while nothing could run (blocked, asleep, not started):
 * 'skip' leaves them out, 'once' makes one run of all of them, 'all' runs each, oldest first.
 */
export type MissedPolicy = 'skip' | 'once' | 'all'

/** How a failed run is repeated. */
export interface RetryOptions {
  /** How often it is tried in all, the first time included. */
  readonly attempts: number
  /** Milliseconds before the second try; 1000 by default. */
  readonly delay?: number
  /** Each wait is this many times the one before; 2 by default. */
  readonly factor?: number
  /** The longest wait, in milliseconds; 60,000 by default. */
  readonly maxDelay?: number
}

/** Options of every kind of job, which its type may have set already. */
export interface TypeOptions {
  /** Milliseconds that one try may take; then it is cancelled and fails with TimeoutError. No limit by default. */
  readonly timeout?: number
  /** How failed runs are repeated; a number is the number of tries. By default they are not. */
  readonly retry?: number | RetryOptions
  /** What to do with occurrences that were missed; 'skip' for intervals, 'once' for everything else by default. */
  readonly missed?: MissedPolicy
  /** Milliseconds: missed occurrences that are older are left out, whatever the policy; a day by default. */
  readonly catchUpWindow?: number
  /** Runs the handler there instead of in the loop's thread; it must be a function that the executor can ship. */
  readonly executor?: Executor
}

/** Options of every kind of job. */
export interface JobOptions extends TypeOptions {
  /** For jobs with a type: what the handler gets as `run.data`; plain JSON data, of which each run has a copy. */
  readonly data?: unknown
}

/** When and how a recurring job runs; exactly one of `every`, `cron` and `dates` is given. */
export interface RecurringOptions extends JobOptions {
  /** Milliseconds from one run to the next. The first is one interval from now, or at `start`. */
  readonly every?: number
  /**
   * A cron expression of 5 to 7 fields: [second] minute hour day-of-month month day-of-week [year], or `@daily` and
   * such.
   */
  readonly cron?: string
  /** These moments. */
  readonly dates?: readonly Date[]
  /** The IANA time zone of `cron` and of days in `exclude`; the process's own by default. */
  readonly timeZone?: string
  /** For cron: what becomes of times that a change of the clock leaves out; 'after' by default. */
  readonly gap?: GapRule
  /** For cron: what becomes of times that a change of the clock repeats; 'auto' by default. */
  readonly fold?: FoldRule
  /** No run before this moment. For intervals also the first run, from which all others are counted. */
  readonly start?: Date
  /** No run at this moment or later. */
  readonly end?: Date
  /** How many occurrences there are in all. */
  readonly limit?: number
  /**
   * Spreads runs: each starts up to this many milliseconds late. How late follows from the name and the time of the
   * occurrence, so that every instance agrees, and is always less than this.
   */
  readonly jitter?: number
  /** What happens while the job still runs; 'skip' by default. */
  readonly overlap?: OverlapPolicy
  /** Moments, whole days of the time zone as 'YYYY-MM-DD', or a function that says which occurrences are left out. */
  readonly exclude?: readonly (Date | string)[] | ((occurrence: Date) => boolean)
}

/** When a one-time job runs; exactly one of `delay` and `at` is given. */
export interface OnceOptions extends JobOptions {
  /** Milliseconds from now. */
  readonly delay?: number
  /** The moment. */
  readonly at?: Date
}

/** How a scheduler is made; everything has a default. */
export interface SchedulerOptions {
  /** The loop that plans and runs; the running one by default. */
  readonly loop?: EventLoop
  /** Where jobs are kept; in memory by default. */
  readonly store?: JobStore
  /**
   * The wall clock; by default the loop's own where it has one (a deterministic loop), else the system's.
   */
  readonly clock?: WallClock
  /** Milliseconds that running jobs get to finish when the scheduler ends; 30,000 by default. */
  readonly closeTimeout?: number
  /**
   * How many one-time jobs stay in `status()` after their end, and up to which age in milliseconds; 10,000 and a day by
   * default.
   */
  readonly keepFinished?: { readonly count?: number; readonly age?: number }
}
