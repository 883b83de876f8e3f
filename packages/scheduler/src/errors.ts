import { LoopError } from '@loop/core'
import { suggestion } from './base/suggestion.ts'

/** How many names an error shows. */
const MOST_NAMES = 5

function listOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return `${names
    .slice(0, MOST_NAMES)
    .map((name) => `"${name}"`)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Base of every error of this package. */
export class SchedulerError extends LoopError {
  override name = 'SchedulerError'
}

/** A job of that name is registered already. */
export class DuplicateJobError extends SchedulerError {
  override name = 'DuplicateJobError'

  constructor(readonly job: string) {
    super(`a job named "${job}" is already registered; cancel it first, or choose another name`)
  }
}

/** There is no job of that name. */
export class UnknownJobError extends SchedulerError {
  override name = 'UnknownJobError'

  constructor(readonly job: string) {
    super(`there is no job named "${job}"`)
  }
}

/** A cron expression that cannot be read; says which field and where. */
export class CronSyntaxError extends SchedulerError {
  override name = 'CronSyntaxError'

  constructor(
    readonly expression: string,
    /** The field that is wrong, such as "minute"; null when their number is. */
    readonly field: string | null,
    /** Where the field begins in the expression, from 1. */
    readonly column: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    const place = field === null ? '' : ` (field "${field}", column ${column})`
    super(`"${expression}" is not a cron expression${place}: ${reason}`, options)
  }
}

/** A time zone that the runtime does not know. */
export class UnknownTimeZoneError extends SchedulerError {
  override name = 'UnknownTimeZoneError'

  constructor(
    readonly timeZone: string,
    options?: ErrorOptions,
  ) {
    super(`there is no time zone "${timeZone}"; use a name of the IANA database, such as "Europe/London"`, options)
  }
}

/** An option of a job that is missing, contradictory or out of range. */
export class JobOptionError extends SchedulerError {
  override name = 'JobOptionError'
}

/** A date that has already passed. */
export class PastDateError extends SchedulerError {
  override name = 'PastDateError'

  constructor(
    readonly job: string,
    readonly date: Date,
  ) {
    super(`job "${job}" would run at ${date.toISOString()}, which has passed; runNow() runs a job at once`)
  }
}

/** A schedule without a single occurrence, such as the 31st of February. */
export class NoOccurrenceError extends SchedulerError {
  override name = 'NoOccurrenceError'

  constructor(readonly job: string) {
    super(`job "${job}" would never run: nothing matches its schedule between start and end`)
  }
}

/** A result that the job store cannot keep; the run counts as failed and is not repeated, for its work was done. */
export class UnstorableResultError extends SchedulerError {
  override name = 'UnstorableResultError'

  constructor(
    readonly job: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`the result of job "${job}" cannot be stored: ${reason}; return plain JSON data, or nothing`, options)
  }
}

/** A run lost its lease: somebody else has it, or the store could not be reached in time to keep it. */
export class LeaseLostError extends SchedulerError {
  override name = 'LeaseLostError'

  constructor(
    readonly key: string,
    /** Milliseconds since the lease was last renewed, when that is why; null when somebody else has it. */
    readonly unrenewedFor: number | null = null,
  ) {
    super(
      unrenewedFor === null
        ? `the lease of ${key} expired and was taken over, or its job was removed; what this run returns is dropped`
        : `the lease of ${key} could not be renewed for ${Math.round(unrenewedFor)} ms; the run is cancelled before another instance may begin it`,
    )
  }
}

/** An occurrence that was begun again and again and never came to an end. */
export class AbandonedRunError extends SchedulerError {
  override name = 'AbandonedRunError'

  constructor(
    readonly key: string,
    /** How often. */
    readonly attempts: number,
  ) {
    super(
      `${key} was started ${attempts} times, and each time its process ended or could not reach the store; it is given up`,
    )
  }
}

/** What was left behind when the scheduler's time to end was over. */
export class UnfinishedRunsError extends SchedulerError {
  override name = 'UnfinishedRunsError'

  constructor(
    /** Keys of runs that went on although they were cancelled. */
    readonly running: readonly string[],
    /** Keys of runs that ended and whose end the store did not take. */
    readonly unstored: readonly string[],
    options?: ErrorOptions,
  ) {
    const parts: string[] = []
    if (running.length > 0) parts.push(`still running although cancelled: ${listOf(running)}`)
    if (unstored.length > 0)
      parts.push(`ended, but not stored: ${listOf(unstored)}; they run again once their leases have expired`)
    super(`the scheduler was closed with ${parts.join('; ')}`, options)
  }
}

/** Jobs in the store that nothing in this program can run. */
export class UnknownStoredJobsError extends SchedulerError {
  override name = 'UnknownStoredJobsError'

  constructor(readonly jobs: readonly string[]) {
    super(
      `the store holds accepted jobs that this program knows nothing of: ${listOf(jobs)}; register them or define their types, or remove() them`,
    )
  }
}

/** A type of jobs without a handler. */
export class UnknownJobTypeError extends SchedulerError {
  override name = 'UnknownJobTypeError'

  constructor(
    readonly type: string,
    known: readonly string[],
  ) {
    super(`there is no job type "${type}"${suggestion(type, known)}; define() it before jobs of it are added`)
  }
}

/** The scheduler is closing or closed. */
export class SchedulerClosedError extends SchedulerError {
  override name = 'SchedulerClosedError'

  constructor() {
    super('the scheduler is closed; it takes no jobs any more')
  }
}

/** A job store that cannot be opened, or failed. */
export class JobStoreError extends SchedulerError {
  override name = 'JobStoreError'
}

/** A page of a store's file, or a row in it, that cannot be read any more; other jobs are not concerned. */
export class CorruptStoreError extends JobStoreError {
  override name = 'CorruptStoreError'

  constructor(
    /** The store and where it is, such as `job store "sqlite" (/var/lib/jobs.db)`. */
    readonly store: string,
    /** The job that was read or written; null when it was none in particular. */
    readonly job: string | null,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${store}${job === null ? '' : `, job "${job}"`}: ${reason}`, options)
  }
}

/** The job is running, and its runs may not overlap. */
export class JobBusyError extends SchedulerError {
  override name = 'JobBusyError'

  constructor(readonly job: string) {
    super(`job "${job}" is running; wait for it, or register it with overlap: 'parallel'`)
  }
}
