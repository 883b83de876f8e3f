import type { Job, JobPhase } from './job.ts'

/** What a job is doing and has done; a snapshot. */
export interface JobStatus {
  readonly name: string
  /** When it runs, for people. */
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
  /** Runs ended: those that the store knew when the job was registered, and those of this scheduler. */
  readonly runs: number
  readonly failures: number
  /** Occurrences left out because their time had passed. */
  readonly missed: number
}

/** The status of a job; `wallNow` and `loopNow` are the clocks' readings. */
export function statusOf(job: Job, wallNow: number, loopNow: number): JobStatus {
  const { definition, next, schedule, phase, lastRun } = job
  const planned = phase === 'scheduled' && next !== null
  const shift = wallNow - loopNow
  const onLoop = !planned ? null : schedule!.timeline === 'wall' ? next - shift : next
  return {
    name: definition.name,
    schedule: definition.plan.text,
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
    runs: job.runs,
    failures: job.failures,
    missed: job.missed,
  }
}
