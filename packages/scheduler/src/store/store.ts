/**
 * The contract of job stores.
 *
 * A scheduler computes occurrences; a store remembers which ones there were, and hands each to one scheduler at a time:
 *
 *     offered ──take──> leased ──finish──> done
 *        ▲                 │
 *        └── release, lease expired
 *
 * Rules:
 * - An occurrence is named `name@epochMs`. Offering a name again changes nothing.
 * - Each job has a watermark, the newest occurrence dealt with. `offer` moves it and adds the occurrences in one step,
 *   all or nothing; occurrences at or before the watermark are known already, even if their records are gone.
 * - An occurrence has at most one live lease. Of a job that is `exclusive`, at most one occurrence has.
 * - A lease that expires does so three times `renewMs` after it was given or renewed, or later; then anybody may take
 *   the occurrence, its first owner included. A scheduler stops a run before that, counted from when it asked.
 * - Any member may fail, before or after it did its work, and is then asked again, word for word: `finish` of what is
 *   finished by this very lease is true and counts nothing, `release` of what is released changes nothing, and so on.
 *   What it throws is taken for a passing trouble. Two exceptions: a JobStoreError thrown by `open` (it can never be
 *   opened), and an UnstorableResultError thrown by `finish` (this record can never be kept).
 * - Members may answer directly or with a promise. A store that answers directly is used without a single microtask.
 * - Several schedulers may use one store, of one process or of many, when it says it is `shared`.
 */

/** A value, or a promise of it. */
export type Answer<T> = T | PromiseLike<T>

/** What a store knows of a job. */
export interface StoredJob {
  /** Whether this registration is the job's first ever, or begins it anew. */
  readonly fresh: boolean
  /** The schedule, in words, that it was registered with before; null or absent when there was none. */
  readonly schedule?: string | null
  /** Epoch milliseconds from which intervals and delays are counted: those of the first registration ever. */
  readonly anchor: number
  /** The newest occurrence dealt with, in epoch milliseconds; before the first, the one registered with. */
  readonly watermark: number
  /** Occurrences offered so far. */
  readonly offered: number
  readonly paused: boolean
  readonly runs: number
  readonly failures: number
  readonly missed: number
}

/** What a store learns of a job. */
export interface JobRegistration {
  readonly name: string
  /** Anchor and watermark, in epoch milliseconds, of a job that the store does not know yet. */
  readonly anchor: number
  readonly watermark: number
  /** Whether two occurrences of the job may not run at the same time. */
  readonly exclusive: boolean
  /**
   * Whether it runs again and again. A known job of the other kind begins anew: all that is known of it but its leases
   * goes.
   */
  readonly recurring: boolean
  /** When it runs, in words. */
  readonly schedule: string
  /** Epoch milliseconds of the registration. */
  readonly now: number
  /** Begins a known job anew in any case. */
  readonly restart: boolean
  /** How a job with a type was accepted, as text, to be kept word for word; null for a job that is a function. */
  readonly accepted: string | null
}

/** A job as a list of a store shows it. */
export interface ListedJob {
  readonly name: string
  readonly recurring: boolean
  readonly schedule: string
  readonly accepted: string | null
  readonly paused: boolean
  readonly runs: number
  readonly failures: number
  /** Whether something of it may still run: it recurs, or its one occurrence has not ended. */
  readonly open: boolean
  /** What of its record cannot be read any more, such as "watermark is 'x'"; null or absent for nothing. */
  readonly damage?: string | null
}

/** An occurrence to be run. */
export interface Occurrence {
  /** Epoch milliseconds. */
  readonly scheduledFor: number
  /** How many earlier ones it stands for. */
  readonly missedCount: number
  /**
   * When another occurrence of an exclusive job is leased: leave this one out ('skip') or keep it for later ('wait').
   */
  readonly ifBusy: 'skip' | 'wait'
}

/** What a scheduler offers. */
export interface Offer {
  readonly name: string
  /** Epoch milliseconds; occurrences up to here are dealt with. */
  readonly watermark: number
  /** Oldest first; may be empty. */
  readonly occurrences: readonly Occurrence[]
  /** How many were missed and are not among the occurrences; counted if the watermark moves. */
  readonly missed: number
  /** The most occurrences the job may ever have; Infinity for no limit. */
  readonly limit: number
}

/** The right to run an occurrence, until it is finished, released or expires. */
export interface Lease {
  readonly name: string
  /** `name@epochMs`. */
  readonly key: string
  readonly scheduledFor: number
  readonly missedCount: number
  /** 1, and one more each time the occurrence was leased before; releases of what never began do not count. */
  readonly attempt: number
  /**
   * How many of the leases before expired, and nobody said since that their process lives, by finishing or releasing
   * them too late; absent: all of them.
   */
  readonly lapses?: number
}

/** What came of an offer. */
export interface OfferResult {
  /** What the offering scheduler may run now. */
  readonly leases: readonly Lease[]
  /** Those left out because another one ran. */
  readonly skipped: readonly Occurrence[]
  /** The job's count of offered occurrences, by anybody. */
  readonly offered: number
  /** Whether the offer moved the watermark; false when another scheduler had offered the same before. */
  readonly moved: boolean
}

/** How a run ended. */
export interface RunRecord {
  readonly outcome: 'success' | 'failure' | 'cancelled'
  /** What the handler returned, as `encode` made it. */
  readonly result: unknown
  /** The error's text, for 'failure' and 'cancelled'. */
  readonly error: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Milliseconds. */
  readonly duration: number
}

/** Where jobs and their occurrences are kept. */
export interface JobStore {
  /** Names the store in errors and reports: 'memory', 'sqlite', 'pg-boss'. */
  readonly name: string
  /** Whether several schedulers, of several processes, may use it, and what is in it outlives them. */
  readonly shared: boolean
  /** Milliseconds between two looks for work that others left; null when there are no others. */
  readonly pollMs: number | null
  /** Milliseconds between two renewals of a lease, a third of its time; null when leases do not expire. */
  readonly renewMs: number | null

  /** Makes it ready; called by each scheduler before anything else, until it succeeds. */
  open(): Answer<void>
  /** The scheduler is done with it. */
  close(): Answer<void>
  /** What is known of a job; makes it known. */
  register(job: JobRegistration): Answer<StoredJob>
  /** Forgets a job with all that waits and has ended of it; runs in progress go on. False when there is no such job. */
  remove(name: string): Answer<boolean>
  /**
   * The jobs there are, or only those that are open. A store without it keeps no job that its scheduler does not know.
   */
  list?(open: boolean): Answer<readonly ListedJob[]>
  pause(name: string, paused: boolean): Answer<void>
  /** Moves a watermark back, after a clock that was far ahead was set right. */
  rewind(name: string, watermark: number): Answer<void>
  offer(offer: Offer): Answer<OfferResult>
  /** An occurrence that is not being run, outside of the plan; null when the job is exclusive and busy. */
  start(name: string, scheduledFor: number): Answer<Lease | null>
  /** What waits and may run now, of one job or (null) of all jobs that this store object has registered. */
  take(name: string | null): Answer<readonly Lease[]>
  /** False when the lease is lost. */
  renew(lease: Lease): Answer<boolean>
  /**
   * Gives a lease back; the occurrence waits again. One that never `began` is not counted as an attempt; one that
   * somebody else has by now is not counted as lapsed.
   */
  release(lease: Lease, began: boolean): Answer<void>
  /** Records the end of a run; false when the lease was lost and the record is dropped. */
  finish(lease: Lease, record: RunRecord): Answer<boolean>
  /** What will be kept of a result. Throws an Error with the reason when it cannot be kept. */
  encode(result: unknown): unknown
}

/** The name of an occurrence. */
export const occurrenceKey = (name: string, scheduledFor: number): string => `${name}@${Math.round(scheduledFor)}`
