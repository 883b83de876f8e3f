import type { AcceptedJob } from './accepted.ts'
import { damageOf } from './accepted.ts'
import type { Moment } from '../schedule/schedule.ts'
import type { Job, JobPhase } from './job.ts'
import type { StoreTrouble } from '../store/store-access.ts'
import type { ListedJob } from '../store/store.ts'

/** What a job is doing and has done; a snapshot. */
export interface JobStatus {
  readonly name: string
  /** When it runs, in words: `every 1000 ms`. */
  readonly schedule: string
  readonly state: 'registering' | 'scheduled' | 'running' | 'paused' | 'finished'
  /** When it runs next; null when it does not. */
  readonly nextRun: Date | null
  /** The same as loop time in milliseconds. */
  readonly nextRunAt: number | null
  /** When its last run began. */
  readonly lastRun: Date | null
  readonly lastOutcome: 'success' | 'failure' | 'cancelled' | null
  /** How long that run took, in milliseconds. */
  readonly lastDuration: number | null
  /** What it returned. */
  readonly lastResult: unknown
  /** The text of its error. */
  readonly lastError: string | null
  /** Runs in progress. */
  readonly active: number
  /** Runs that have ended and whose ends the store did not take yet. */
  readonly unstored: number
  /** What the store could not do for this job so far, and since when; null while there is no trouble. */
  readonly storeTrouble: StoreTrouble | null
  /** Runs ended: those that the store knew when the job was registered, and those of this scheduler. */
  readonly runs: number
  readonly failures: number
  /** Occurrences left out because their time had passed. */
  readonly missed: number
}

/** The status of a job at a moment. */
export function statusOf(job: Job, now: Moment, storeTrouble: StoreTrouble | null): JobStatus {
  const { definition, next, schedule, phase, lastRun } = job
  const planned = phase === 'scheduled' && next !== null
  const shift = now.wall - now.loop
  const onLoop = !planned ? null : schedule!.timeline === 'wall' ? next - shift : next
  return {
    name: definition.name,
    schedule: definition.trigger.text,
    // Removed jobs are in no list.
    state: job.active.length > 0 ? 'running' : (phase as Exclude<JobPhase, 'removed'>),
    nextRun: onLoop === null ? null : new Date(Math.round(onLoop + shift)),
    nextRunAt: onLoop,
    lastRun: lastRun === null ? null : new Date(lastRun.startedAt),
    lastOutcome: lastRun?.outcome ?? null,
    lastDuration: lastRun?.duration ?? null,
    lastResult: lastRun?.result ?? null,
    lastError: lastRun?.error ?? null,
    active: job.active.length,
    unstored: job.unstored,
    storeTrouble,
    runs: job.runs,
    failures: job.failures,
    missed: job.missed,
  }
}

/** A job as the store has it. */
export interface StoredJobStatus {
  readonly name: string
  /** Its type; null for a job that is a function. */
  readonly type: string | null
  /** What it was given as `data`. */
  readonly data: unknown
  readonly schedule: string
  readonly recurring: boolean
  readonly paused: boolean
  /** Whether something of it may still run. */
  readonly open: boolean
  /** Whether this program can run it: it is registered here, or its type is defined. */
  readonly runnable: boolean
  /** What of its record cannot be read any more; null for nothing. */
  readonly damage: string | null
  readonly runs: number
  readonly failures: number
}

export function storedStatusOf(
  job: ListedJob,
  accepted: AcceptedJob | null,
  runnable: (name: string, type: string | null) => boolean,
): StoredJobStatus {
  const { name, schedule, recurring, paused, open, runs, failures } = job
  const type = accepted?.type ?? null
  const damage = damageOf(job, accepted)
  return {
    name,
    type,
    data: accepted?.data(),
    schedule,
    recurring,
    paused,
    open,
    runnable: damage === null && runnable(name, type),
    damage,
    runs,
    failures,
  }
}
