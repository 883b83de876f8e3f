/** What goes into the tables and comes out of them, and how it becomes what a scheduler speaks of. */
import type { Lease, Occurrence, Offer, RunRecord, StoredJob } from '@loop/scheduler'
import { occurrenceKey } from '@loop/scheduler'
import type { JobRow } from './schema.ts'

/**
 * Occurrences are handed out oldest first: their priority is the seconds until 1 January 2090, which fits 31 bits since
 * 2022.
 */
const LAST_SECOND = Date.UTC(2090, 0, 1) / 1000

/**
 * A lease, with what pg-boss needs to find its job; the attempt guards against acting for a run that was taken over.
 */
export interface BossLease extends Lease {
  readonly queue: string
  readonly id: string
  readonly retryCount: number
}

/** What an occurrence carries. */
export interface Payload {
  readonly scheduledFor: number
  readonly missedCount: number
  /** How often it was given back, and how often of these before its run began. */
  readonly released?: number
  /** Retry counts of attempts that were handed on although their processes live. */
  readonly alive?: readonly number[]
  readonly idle?: number
}

/** An occurrence to be added. */
export interface Wanted {
  readonly queue: string
  readonly name: string
  readonly scheduledFor: number
  readonly missedCount: number
  readonly priority: number
}

/** What is done with an offer. */
export interface Placing {
  readonly offer: Offer
  readonly job: JobRow
  readonly wanted: readonly Wanted[]
  readonly skipped: readonly Occurrence[]
}

/** A job of pg-boss that was handed out. */
export interface FetchedRow {
  readonly name: string
  readonly id: string
  readonly data: Payload
  readonly retryCount: number
}

/** How a run ended, under which lease. */
export interface End {
  readonly lease: BossLease
  readonly record: RunRecord
}

/** What is to be done with an offer of a job whose row is locked; `busy`: a run of it keeps others waiting. */
export function placingOf(offer: Offer, job: JobRow, busy: boolean): Placing {
  const fresh = job.paused ? [] : offer.occurrences.filter(({ scheduledFor }) => scheduledFor > job.watermark)
  const due = fresh.slice(0, Math.max(0, offer.limit - job.offered))
  const left = ({ ifBusy }: Occurrence): boolean => busy && ifBusy === 'skip'
  const wanted = due
    .filter((each) => !left(each))
    .map(({ scheduledFor, missedCount }) => {
      return {
        queue: job.queue,
        name: job.name,
        scheduledFor,
        missedCount,
        priority: Math.floor(LAST_SECOND - scheduledFor / 1000),
      }
    })
  return { offer, job, skipped: due.filter(left), wanted }
}

/** What a scheduler learns of a job at its registration. */
export function storedJob(
  { anchor, watermark, offered, paused, runs, failures, missed }: JobRow,
  fresh: boolean,
  schedule: string | null,
): StoredJob {
  return { fresh, schedule, anchor, watermark, offered, paused, runs, failures, missed }
}

/** A record as it stands in a job's output. */
export function outputOf({ outcome, result, error, startedAt, duration }: RunRecord): string {
  return JSON.stringify({
    outcome,
    result: JSON.parse((result as string | null) ?? 'null') as unknown,
    error,
    startedAt,
    duration,
  })
}

/** The lease of a job that was handed out. */
export function leaseOf(name: string, { name: queue, id, data, retryCount }: FetchedRow): BossLease {
  const { scheduledFor, missedCount, released = 0, idle = 0, alive = [] } = data
  const key = occurrenceKey(name, scheduledFor)
  return {
    queue,
    id,
    name,
    key,
    scheduledFor,
    missedCount,
    attempt: retryCount + 1 - idle,
    lapses: retryCount - released - alive.length,
    retryCount,
  }
}
