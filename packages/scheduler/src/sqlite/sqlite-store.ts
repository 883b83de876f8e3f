/**
 * A job store in a SQLite file, for any number of processes of one machine.
 *
 * Every change is one transaction, so a process may be killed between any two instructions: an occurrence is then waiting,
 * leased or done, never lost and never two of them.
 *
 * A lease of a process that was killed must be taken over, one of a process that is merely slow must not. No two clocks are
 * compared for that. The owner counts a number up every third of the lease time; a scheduler that has seen the same number
 * for a whole lease time, on its own monotonic clock, takes the lease over. So neither a clock that is set nor a machine
 * that sleeps expires anything.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '@loop/core'
import { monotonicClock } from '@loop/core'
import { JobStoreError } from '../errors.ts'
import { encodeJson } from '../json-result.ts'
import type { JobRegistration, JobStore, Lease, Occurrence, Offer, OfferResult, RunRecord, StoredJob } from '../store.ts'
import { occurrenceKey } from '../store.ts'
import type { SqliteDatabase, SqliteDriver, SqliteStatement } from './driver.ts'
import { openDatabase } from './driver.ts'
import { LeaseWatch } from './lease-watch.ts'
import type { JobRow, OccurrenceRow } from './schema.ts'
import { SCHEMA, SQL } from './schema.ts'

/** Options of a SQLite store. */
export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  readonly path: string
  /** 'node' for node:sqlite, 'libsql' for the package; by default the first that is there. */
  readonly driver?: SqliteDriver
  /** Milliseconds after which a lease that is not renewed is taken over; 30,000 by default. Not the longest run: runs renew. */
  readonly leaseMs?: number
  /** Milliseconds between two looks for what others left; 1,000 by default. */
  readonly pollMs?: number
  /** Milliseconds that records of past runs are kept; a week by default. */
  readonly keepMs?: number
  /**
   * 'full' waits for the disk at each change: survives a loss of power. 'normal' survives the end of the process only, and
   * a loss of power may repeat the last runs. 'full' by default.
   */
  readonly synchronous?: 'full' | 'normal'
  /** Monotonic time; for tests. */
  readonly clock?: Clock
}

/** As long as a process may be blocked without losing its leases: Kubernetes and etcd use 15 to 60 s. */
const LEASE_MS = 30_000
const POLL_MS = 1000
const KEEP_MS = 7 * 86_400_000
/** Milliseconds that a transaction waits for another process's; transactions take less than one. */
const BUSY_MS = 5000
/** Old records are deleted after each so many runs. */
const PURGE_EVERY = 256

type Statements = { readonly [K in keyof typeof SQL]: SqliteStatement }

/** See the top of the file. */
export class SqliteStore implements JobStore {
  readonly name = 'sqlite'
  readonly shared = true
  readonly pollMs: number
  readonly renewMs: number
  private readonly owner = randomUUID()
  private readonly names = new Set<string>()
  private readonly watch: LeaseWatch
  private database: SqliteDatabase | null = null
  private prepared: Statements | null = null
  private users = 0
  private finished = 0

  constructor(private readonly options: SqliteStoreOptions) {
    const leaseMs = options.leaseMs ?? LEASE_MS
    this.pollMs = options.pollMs ?? POLL_MS
    // Two renewals may be late before the lease is lost.
    this.renewMs = leaseMs / 3
    this.watch = new LeaseWatch(options.clock ?? monotonicClock, leaseMs)
  }

  open(): void {
    if (this.database !== null) {
      this.users++
      return
    }
    const database = openDatabase(this.options.path, this.options.driver)
    database.exec(`pragma busy_timeout = ${BUSY_MS}`)
    database.exec('pragma journal_mode = wal')
    database.exec(`pragma synchronous = ${this.options.synchronous ?? 'full'}`)
    database.exec(SCHEMA)
    this.prepared = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)])) as unknown as Statements
    this.database = database
    this.users = 1
  }

  close(): void {
    if (this.database === null || --this.users > 0) return
    this.database.close()
    this.database = null
    this.prepared = null
    this.names.clear()
  }

  register({ name, anchor, watermark, exclusive }: JobRegistration): StoredJob {
    this.names.add(name)
    return this.transaction((sql) => {
      const known = sql.job.get(name) as JobRow | undefined
      if (known === undefined) sql.addJob.run(name, anchor, watermark, Number(exclusive))
      else sql.setExclusive.run(Number(exclusive), name)
      const row = known ?? (sql.job.get(name) as JobRow)
      const { offered, runs, failures, missed } = row
      return {
        fresh: known === undefined,
        anchor: row.anchor,
        watermark: row.watermark,
        paused: row.paused === 1,
        offered,
        runs,
        failures,
        missed,
      }
    })
  }

  remove(name: string): void {
    this.names.delete(name)
    this.transaction((sql) => {
      sql.removeWaiting.run(name)
      sql.removeJob.run(name)
    })
  }

  pause(name: string, paused: boolean): void {
    this.sql.pause.run(Number(paused), name)
  }

  rewind(name: string, watermark: number): void {
    this.sql.rewind.run(watermark, name)
  }

  offer({ name, watermark, occurrences, missed, limit }: Offer): OfferResult {
    return this.transaction((sql) => {
      const job = sql.job.get(name) as JobRow | undefined
      // Cancelled by another instance.
      if (job === undefined) return { leases: [], skipped: [], offered: Infinity, moved: false }
      const leases: Lease[] = []
      const skipped: Occurrence[] = []
      let { offered } = job
      let busy = job.exclusive === 1 && sql.busy.get(name) !== undefined
      for (const occurrence of occurrences) {
        if (occurrence.scheduledFor <= job.watermark || offered >= limit || job.paused === 1) continue
        const left = busy && occurrence.ifBusy === 'skip'
        const lease = this.insert(sql, name, occurrence, left ? 'done' : busy ? 'waiting' : 'leased')
        if (lease === null) continue
        offered++
        if (left) skipped.push(occurrence)
        else if (!busy) {
          leases.push(lease)
          busy = job.exclusive === 1
        }
      }
      const moved = watermark > job.watermark
      sql.advance.run(watermark, offered, job.missed + (moved ? missed : 0), name)
      return { leases, skipped, offered, moved }
    })
  }

  start(name: string, scheduledFor: number): Lease | null {
    return this.transaction((sql) => {
      const job = sql.job.get(name) as JobRow | undefined
      if (job === undefined) throw new JobStoreError(`job "${name}" was removed by another instance`)
      if (job.exclusive === 1 && sql.busy.get(name) !== undefined) return null
      // An occurrence of the plan may have this name already; a millisecond later there is none, or a second later at most.
      for (let moment = scheduledFor; ; moment++) {
        const lease = this.insert(sql, name, { scheduledFor: moment, missedCount: 0, ifBusy: 'skip' }, 'leased')
        if (lease !== null) return lease
      }
    })
  }

  take(name: string | null): readonly Lease[] {
    return this.transaction((sql) => {
      const leases: Lease[] = []
      const taken = new Set<string>()
      const waiting = (name === null ? sql.waiting.all() : sql.waitingOf.all(name)) as (OccurrenceRow & { exclusive: number })[]
      for (const row of waiting) {
        if (!this.names.has(row.name)) continue
        if (row.exclusive === 1 && (taken.has(row.name) || sql.busy.get(row.name) !== undefined)) continue
        sql.lease.run(this.owner, row.key)
        taken.add(row.name)
        leases.push(leaseOf(row, row.attempt + 1))
      }
      if (name === null) leases.push(...this.takeOver(sql))
      return leases
    })
  }

  renew({ key, attempt }: Lease): boolean {
    return changed(this.sql.renew.run(key, this.owner, attempt))
  }

  release({ key, attempt }: Lease): void {
    this.sql.release.run(key, this.owner, attempt)
  }

  finish({ key, name, attempt }: Lease, { outcome, startedAt, duration, result, error }: RunRecord): boolean {
    return this.transaction((sql) => {
      const kept = changed(sql.finish.run(outcome, startedAt, duration, result as string | null, error, key, this.owner, attempt))
      if (kept) sql.count.run(Number(outcome === 'failure'), name)
      if (++this.finished % PURGE_EVERY === 0) sql.purge.run(startedAt - (this.options.keepMs ?? KEEP_MS))
      return kept
    })
  }

  encode(result: unknown): string {
    return encodeJson(result)
  }

  /** Takes over the leases whose owners have not renewed them for a lease time. */
  private takeOver(sql: Statements): Lease[] {
    const rows = (sql.leasedByOthers.all(this.owner) as OccurrenceRow[]).filter(({ name }) => this.names.has(name))
    return this.watch
      .expired(rows)
      .filter(({ key, owner, attempt, beat }) => changed(sql.takeOver.run(this.owner, key, owner, attempt, beat)))
      .map((row) => leaseOf(row, row.attempt + 1))
  }

  /** Adds an occurrence; null when its name is taken. */
  private insert(sql: Statements, name: string, occurrence: Occurrence, state: 'waiting' | 'leased' | 'done'): Lease | null {
    const { scheduledFor, missedCount } = occurrence
    const key = occurrenceKey(name, scheduledFor)
    const leased = state === 'leased'
    const added = sql.addOccurrence.run(
      key,
      name,
      scheduledFor,
      missedCount,
      state,
      Number(leased),
      leased ? this.owner : null,
      state === 'done' ? 'skipped' : null,
    )
    return changed(added) ? { name, key, scheduledFor, missedCount, attempt: 1 } : null
  }

  private get sql(): Statements {
    if (this.prepared === null) throw new JobStoreError('the SQLite store is not open')
    return this.prepared
  }

  private transaction<T>(body: (sql: Statements) => T): T {
    const { sql } = this
    const database = this.database!
    // Takes the write lock at once: a transaction that began by reading could not be promoted while another one writes.
    database.exec('begin immediate')
    try {
      const result = body(sql)
      database.exec('commit')
      return result
    } catch (error) {
      database.exec('rollback')
      throw error
    }
  }
}

function leaseOf({ name, key, scheduled_for: scheduledFor, missed_count: missedCount }: OccurrenceRow, attempt: number): Lease {
  return { name, key, scheduledFor, missedCount, attempt }
}

const changed = ({ changes }: { changes: number | bigint }): boolean => Number(changes) > 0
