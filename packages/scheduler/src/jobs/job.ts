import type { Entry } from '../schedule/due-queue.ts'
import type { JobDefinition } from './definition.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { RunRecord } from '../store/store.ts'

/**
 * Where a job is in its life:
 *
 *     registering -> scheduled <-> paused
 *                        └─> finished: no occurrence is left
 *     (any) -> removed: by cancel, or refused by the store
 */
export type JobPhase = 'registering' | 'scheduled' | 'paused' | 'finished' | 'removed'

/** Why a run was cancelled: by `cancel`, by a newer occurrence, because the scheduler ends, or its lease was lost. */
export type CancelReason = 'cancel' | 'replace' | 'close' | 'lost'

/** A run in progress, as its job sees it. */
export interface ActiveRun {
  /** Asks it to end. */
  cancel(reason: CancelReason): void
}

const NO_RUNS: readonly ActiveRun[] = []

/** A job of a scheduler: its definition, its place in the plan, what became of it. */
export class Job {
  phase: JobPhase = 'registering'
  /** Whether it was paused before the store had answered. */
  pauseAsked = false
  /** Set once the store has answered. */
  schedule: Schedule | null = null
  /** The next occurrence, on the schedule's timeline. */
  next: number | null = null
  /** Where it stands in the agenda. */
  entry: Entry<Job> | null = null
  /** Its runs in progress. */
  active: readonly ActiveRun[] = NO_RUNS
  /** Epoch milliseconds of the newest occurrence that got a name. */
  named = -Infinity
  /** Whether its occurrences need no record of their own, as long as nobody asks for one; see batch.ts. */
  light = false
  /** Whether occurrences may wait in the store for a run to end. */
  queued = false
  /** What is due of it and was not stored yet. */
  offering: object | null = null
  /** Runs that have ended and whose ends are not stored yet. */
  unstored = 0
  /** What is to be called once the store has answered to its registration. */
  starts: (() => void)[] | null = null
  /** How often in a row its schedule could not be computed. */
  planFailures = 0
  runs = 0
  failures = 0
  missed = 0
  lastRun: RunRecord | null = null
  private own: { -readonly [K in keyof RunRecord]: RunRecord[K] } | null = null

  /**
   * Whether its handler suspends, so that each run needs a task of its own. Known of async and generator
   * functions, and of retries, timeouts and executors; learnt of plain functions that return promises.
   */
  isAsync: boolean

  constructor(
    readonly definition: JobDefinition,
    /** Epoch milliseconds of its registration: what it counts from, however long the store takes to answer. */
    readonly since: number,
    /** Whether it begins anew what the store knows of its name. */
    readonly restart = false,
    /** Whether it was found in the store, and not registered by this program. */
    readonly adopted = false,
  ) {
    const { handler, policy } = definition
    const { timeout, retry, executor } = policy
    this.isAsync = timeout !== null || retry !== null || executor !== null || handler.constructor !== Function
  }

  get name(): string {
    return this.definition.name
  }

  begun(run: ActiveRun): void {
    // Nearly always there is one run at most; a list of its own is not worth its memory.
    this.active = this.active.length === 0 ? [run] : [...this.active, run]
  }

  ended(run: ActiveRun): void {
    this.active = this.active.length === 1 ? NO_RUNS : this.active.filter((other) => other !== run)
  }

  /** As `note`, for a run whose record nobody else gets: the job keeps one, and writes it over. */
  noteLight(
    outcome: RunRecord['outcome'],
    result: unknown,
    error: string | null,
    startedAt: number,
    duration: number,
  ): void {
    if (this.own === null) this.own = { outcome, result, error, startedAt, duration }
    else {
      this.own.outcome = outcome
      this.own.result = result
      this.own.error = error
      this.own.startedAt = startedAt
      this.own.duration = duration
    }
    this.lastRun = this.own
    this.runs++
    if (outcome === 'failure') this.failures++
  }

  note(record: RunRecord): void {
    this.lastRun = record
    this.runs++
    if (record.outcome === 'failure') this.failures++
  }
}

/**
 * How late the occurrence at `moment` starts, in milliseconds from 0 to `jitter`: the FNV-1a hash of its name, so that
 * every instance comes to the same answer and starts are spread evenly.
 */
function jitterOf(name: string, moment: number, jitter: number): number {
  let hash = 0x811c9dc5
  const text = `${name}@${moment}`
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash >>> 0) / 2 ** 32) * jitter
}

/** How late the next occurrence of a job starts, in milliseconds. */
export function jitterOfJob(job: Job): number {
  const { jitter } = job.definition.policy
  return jitter === 0 ? 0 : jitterOf(job.name, job.next!, jitter)
}
