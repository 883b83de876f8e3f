/**
 * A job store in a SQLite file, for any number of processes of one machine.
 *
 * Every change is one transaction, so a process may be killed between any two instructions: an occurrence is then
 * waiting, leased or done, never lost and never two of them.
 *
 * A lease of a process that was killed must be taken over, one of a process that is merely slow must not. No two clocks
 * are compared for that. The owner counts a number up every third of the lease time; a scheduler that has seen the same
 * number for a whole lease time, on its own monotonic clock, takes the lease over. So neither a clock that is set nor a
 * machine that sleeps expires anything.
 *
 * Long because the members of one contract share its transactions, and are read beside it.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Clock } from '@loop/core'
import { describe, messageOf, monotonicClock } from '@loop/core/lowlevel'
import { checkChoice, checkMilliseconds, checkOptions } from '../base/check-options.ts'
import { CorruptStoreError, JobOptionError, JobStoreError } from '../errors.ts'
import { encodeJson } from '../base/json.ts'
import type {
  JobRegistration,
  JobStore,
  Lease,
  ListedJob,
  Occurrence,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
} from '../store/store.ts'
import { occurrenceKey } from '../store/store.ts'
import type { SqliteDatabase, SqliteDriver, SqliteStatement } from './driver.ts'
import { openDatabase } from './driver.ts'
import { LeaseWatch } from './lease-watch.ts'
import type { JobRow, OccurrenceRow } from './schema.ts'
import { damageOfJob, damageOfOccurrence, SCHEMA, SQL } from './schema.ts'

/** Options of a SQLite store. */
export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  readonly path: string
  /** 'node' for node:sqlite, 'libsql' for the package; by default the first that is there. */
  readonly driver?: SqliteDriver
  /**
   * Milliseconds after which a lease that is not renewed is taken over; 30,000 by default. Not the longest run: runs
   * renew.
   */
  readonly leaseMs?: number
  /** Milliseconds between two looks for what others left; 1,000 by default. */
  readonly pollMs?: number
  /**
   * Milliseconds that records of past runs are kept, and one-time jobs after they ended or were last registered; a week
   * by default. After that the name of a one-time job is free.
   */
  readonly retention?: number
  /**
   * 'full' waits for the disk at each change: survives a loss of power. 'normal' survives the end of the process only,
   * and a loss of power may repeat the last runs. 'full' by default.
   */
  readonly synchronous?: 'full' | 'normal'
  /** Monotonic time; for tests. */
  readonly clock?: Clock
}

/** As long as a process may be blocked without losing its leases: Kubernetes and etcd use 15 to 60 s. */
const LEASE_MS = 30_000
const POLL_MS = 1000
const RETENTION_MS = 7 * 86_400_000
/**
 * Milliseconds that a transaction waits for another process's; transactions take less than one. The loop stands still
 * meanwhile: after a wait in vain the next ones do not wait at all, and are asked again by the scheduler.
 */
const BUSY_MS = 1000
/** Old records are deleted after each so many runs. */
const PURGE_EVERY = 256

const OPTIONS = [
  'path',
  'driver',
  'leaseMs',
  'pollMs',
  'retention',
  'synchronous',
  'clock',
] as const satisfies (keyof SqliteStoreOptions)[]

type Statements = { readonly [K in keyof typeof SQL]: SqliteStatement }

/**
 * A job store in a SQLite file, for any number of processes of one machine; it survives a kill.
 *
 * ```ts
 * const scheduler = new AsyncScheduler({ store: new SqliteStore({ path: 'jobs.db' }) })
 * ```
 */
export class SqliteStore implements JobStore {
  readonly name = 'sqlite'
  readonly shared = true
  readonly pollMs: number
  readonly renewMs: number
  private readonly retention: number
  private readonly owner = randomUUID()
  private readonly names = new Set<string>()
  private readonly watch: LeaseWatch
  private database: SqliteDatabase | null = null
  private prepared: Statements | null = null
  private users = 0
  private finished = 0
  /** Whether the last transaction waited in vain for another process's. */
  private contended = false
  /** Whether a transaction may still be open, because it could not be taken back. */
  private entangled = false
  /** Keys of damaged occurrences that were reported: from then on they are left out, and the others go on. */
  private readonly damaged = new Set<string>()

  constructor(private readonly options: SqliteStoreOptions) {
    checkOptions('SqliteStore', options, OPTIONS)
    const { path, driver, synchronous, leaseMs = LEASE_MS, pollMs = POLL_MS, retention = RETENTION_MS } = options
    if (typeof path !== 'string' || path === '')
      throw new JobOptionError(`SqliteStore: path is the name of a file, not ${describe(path)}`)
    checkMilliseconds('SqliteStore', 'leaseMs', leaseMs, 0)
    checkMilliseconds('SqliteStore', 'pollMs', pollMs, 0)
    checkMilliseconds('SqliteStore', 'retention', retention, 0)
    if (driver !== undefined) checkChoice('SqliteStore', 'driver', driver, ['node', 'libsql'])
    if (synchronous !== undefined) checkChoice('SqliteStore', 'synchronous', synchronous, ['full', 'normal'])
    this.retention = retention
    this.pollMs = pollMs
    // Two renewals may be late before the lease is lost.
    this.renewMs = leaseMs / 3
    this.watch = new LeaseWatch(options.clock ?? monotonicClock, leaseMs)
  }

  open(): void {
    if (this.users === 0) this.connect()
    this.users++
  }

  close(): void {
    if (this.users === 0 || --this.users > 0) return
    this.disconnect()
    this.names.clear()
  }

  private connect(): void {
    const { path, driver, synchronous } = this.options
    const database = openDatabase(path, driver)
    try {
      database.exec(`pragma busy_timeout = ${BUSY_MS}`)
      database.exec('pragma journal_mode = wal')
      database.exec(`pragma synchronous = ${synchronous ?? 'full'}`)
      database.exec(SCHEMA)
      this.prepared = Object.fromEntries(
        Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]),
      ) as unknown as Statements
    } catch (error) {
      // It is opened anew when it is asked again.
      this.prepared = null
      database.close()
      if (/no such column|has no column/.test(messageOf(error))) {
        throw new JobStoreError(
          `the tables in "${path}" were made by another version of this store; give it another file`,
          { cause: error },
        )
      }
      // Not an error of the store's own, which would be for good: the file may be restored.
      if (isDamage(error)) throw new Error(this.damage(error, null).message, { cause: error })
      throw error
    }
    this.database = database
    this.contended = this.entangled = false
  }

  /** Lets the file go: a damaged page stays in a connection's memory, also when the file was restored or replaced. */
  private disconnect(): void {
    const { database } = this
    this.database = null
    this.prepared = null
    try {
      database?.close()
    } catch {
      // Of a connection that is given up, nothing is wanted any more.
    }
  }

  register({
    name,
    anchor,
    watermark,
    exclusive,
    recurring,
    schedule,
    now,
    restart,
    accepted,
  }: JobRegistration): StoredJob {
    const stored = this.transaction(name, (sql) => {
      const known = this.job(sql, name)
      const fresh = known === undefined || restart || (known.recurring === 1) !== recurring
      if (fresh) {
        if (known !== undefined) sql.removeOccurrences.run(name)
        sql.addJob.run(name, anchor, watermark, Number(exclusive), Number(recurring), schedule, accepted, now)
      } else sql.changeJob.run(Number(exclusive), schedule, now, name)
      const row = fresh ? this.job(sql, name)! : known
      const { offered, runs, failures, missed } = row
      return {
        fresh,
        schedule: known?.schedule ?? null,
        anchor: row.anchor,
        watermark: row.watermark,
        paused: row.paused === 1,
        offered,
        runs,
        failures,
        missed,
      }
    })
    this.names.add(name)
    return stored
  }

  remove(name: string): boolean {
    this.names.delete(name)
    return this.transaction(name, (sql) => {
      sql.removeOccurrences.run(name)
      return changed(sql.removeJob.run(name))
    })
  }

  list(open: boolean): ListedJob[] {
    let rows: (JobRow & { open: number })[]
    try {
      rows = (open ? this.sql.listOpen : this.sql.list).all() as typeof rows
    } catch (error) {
      throw this.named(error, null)
    }
    return rows.map((row) => {
      const { name, recurring, schedule, accepted, paused, runs, failures, open: isOpen } = row
      const damage = damageOfJob(row)
      return {
        name: String(name),
        recurring: recurring === 1,
        schedule: String(schedule),
        accepted,
        paused: paused === 1,
        runs,
        failures,
        open: isOpen === 1,
        ...(damage === null ? {} : { damage }),
      }
    })
  }

  pause(name: string, paused: boolean): void {
    this.transaction(name, (sql) => sql.pause.run(Number(paused), name))
  }

  rewind(name: string, watermark: number): void {
    this.transaction(name, (sql) => sql.rewind.run(watermark, name))
  }

  offer({ name, watermark, occurrences, missed, limit }: Offer): OfferResult {
    return this.transaction(name, (sql) => {
      const job = this.job(sql, name)
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
    return this.transaction(name, (sql) => {
      const job = this.job(sql, name)
      if (job === undefined) throw new JobStoreError(`job "${name}" was removed by another instance`)
      if (job.exclusive === 1 && sql.busy.get(name) !== undefined) return null
      // An occurrence of the plan may have this name already; a millisecond later there is none, or a second later at
      // most.
      for (let moment = scheduledFor; ; moment++) {
        const lease = this.insert(sql, name, { scheduledFor: moment, missedCount: 0, ifBusy: 'skip' }, 'leased')
        if (lease !== null) return lease
      }
    })
  }

  take(name: string | null): readonly Lease[] {
    return this.transaction(name, (sql) => {
      const leases: Lease[] = []
      const taken = new Set<string>()
      const waiting = name === null ? sql.waiting.all() : sql.waitingOf.all(name)
      for (const row of this.readable(waiting as (OccurrenceRow & { exclusive: number })[])) {
        if (row.exclusive === 1 && (taken.has(row.name) || sql.busy.get(row.name) !== undefined)) continue
        sql.lease.run(this.owner, row.key)
        taken.add(row.name)
        leases.push(leaseOf(row))
      }
      if (name === null) {
        for (const lease of this.takeOver(sql)) leases.push(lease)
        this.live(sql)
      }
      return leases
    })
  }

  renew(lease: Lease): boolean {
    return this.transaction(lease.name, (sql) => changed(sql.renew.run(lease.key, this.owner, turnOf(lease))))
  }

  release(lease: Lease, began: boolean): void {
    this.transaction(lease.name, (sql) => {
      if (!changed(sql.release.run(Number(!began), lease.key, this.owner, turnOf(lease)))) this.live(sql)
    })
  }

  finish(lease: Lease, { outcome, startedAt, duration, result, error }: RunRecord): boolean {
    const { key, name } = lease
    return this.transaction(name, (sql) => {
      const now = changed(
        sql.finish.run(outcome, startedAt, duration, result as string | null, error, key, this.owner, turnOf(lease)),
      )
      if (now) sql.count.run(Number(outcome === 'failure'), startedAt, name)
      if (++this.finished % PURGE_EVERY === 0) {
        const oldest = startedAt - this.retention
        sql.purge.run(oldest)
        sql.purgeJobs.run(oldest)
      }
      // Told before, and only the answer was lost.
      if (now || sql.ended.get(key, this.owner, turnOf(lease)) !== undefined) return true
      this.live(sql)
      return false
    })
  }

  encode(result: unknown): string {
    return encodeJson(result)
  }

  /**
   * Takes over the leases that were not renewed for a lease time, this store's own included: their runs are not known
   * any more.
   */
  private takeOver(sql: Statements): Lease[] {
    // A lease of this store's own did not lapse with its process: an answer was lost.
    return this.watch
      .expired(this.readable(sql.leased.all() as OccurrenceRow[]))
      .filter(({ key, owner, turn, beat }) => changed(sql.takeOver.run(this.owner, key, owner, turn, beat)))
      .map((row) => leaseOf(row.owner === this.owner ? row : { ...row, lapsed: `${row.lapsed}${row.owner},` }))
  }

  /** Says that this process lives: what it was too late to renew did not lapse by its end. */
  private live(sql: Statements): void {
    sql.alive.run(`,${this.owner},`)
  }

  /** Adds an occurrence; null when its name is taken. */
  private insert(
    sql: Statements,
    name: string,
    occurrence: Occurrence,
    state: 'waiting' | 'leased' | 'done',
  ): SqliteLease | null {
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
    return changed(added) ? { name, key, scheduledFor, missedCount, attempt: 1, lapses: 0, turn: 1 } : null
  }

  private job(sql: Statements, name: string): JobRow | undefined {
    const row = sql.job.get(name) as JobRow | undefined
    const damage = row === undefined ? null : damageOfJob(row)
    if (damage === null) return row
    const hint = 'restore the file from a backup, or remove() the job and register it again'
    throw new CorruptStoreError(this.place, name, `its row in loop_job cannot be used: ${damage}; ${hint}`)
  }

  /**
   * Those of the jobs registered here. One that is damaged is reported once, by an error; the next time it is left out,
   * so that the others go on.
   */
  private readable<T extends OccurrenceRow>(rows: readonly T[]): T[] {
    return rows.filter((row) => {
      if (!this.names.has(row.name)) return false
      const damage = damageOfOccurrence(row)
      if (damage === null) return true
      const key = String(row.key)
      if (this.damaged.has(key)) return false
      this.damaged.add(key)
      const hint = 'it is left out; restore the file from a backup, or delete the row'
      throw new CorruptStoreError(
        this.place,
        row.name,
        `the row of "${key}" in loop_occurrence cannot be used: ${damage}; ${hint}`,
      )
    })
  }

  /** What a question failed with; after damage the next one opens the file anew. */
  private named(error: unknown, name: string | null): unknown {
    if (!isDamage(error)) return error
    this.disconnect()
    return this.damage(error, name)
  }

  /** An error of SQLite's about a damaged file, with the file and the job that was asked for. */
  private damage(error: unknown, name: string | null): CorruptStoreError {
    const reason = `the file is damaged (${messageOf(error)}); restore it from a backup`
    return new CorruptStoreError(this.place, name, reason, { cause: error })
  }

  private get place(): string {
    return `job store "sqlite" (${this.options.path})`
  }

  private get sql(): Statements {
    if (this.prepared === null) this.reconnect()
    return this.prepared!
  }

  private reconnect(): void {
    if (this.users === 0) throw new JobStoreError('the SQLite store is not open')
    const { path } = this.options
    // An empty file in its place would mean that every job was removed.
    if (!existsSync(path)) throw new Error(`the database "${path}" is gone; restore it from a backup`)
    this.connect()
  }

  /** Changes the file in one step; `name` is the job that it is about, for errors. */
  private transaction<T>(name: string | null, body: (sql: Statements) => T): T {
    const { sql } = this
    const database = this.database!
    if (this.entangled) this.takeBack(database)
    try {
      // Takes the write lock at once: a transaction that began by reading could not be promoted while another one
      // writes.
      database.exec('begin immediate')
    } catch (error) {
      const reason = this.named(error, name)
      if (reason === error) this.waitForOthers(database, false)
      throw reason
    }
    try {
      const result = body(sql)
      database.exec('commit')
      this.waitForOthers(database, true)
      return result
    } catch (error) {
      this.takeBack(database)
      throw this.named(error, name)
    }
  }

  /**
   * After some errors, a full disk among them, SQLite has taken the transaction back itself, and refuses to do so
   * again.
   */
  private takeBack(database: SqliteDatabase): void {
    try {
      database.exec('rollback')
      this.entangled = false
    } catch (error) {
      // What went wrong first is what counts. If a transaction is open all the same, this is tried before the next one.
      this.entangled = !/no transaction is active/.test(messageOf(error))
    }
  }

  private waitForOthers(database: SqliteDatabase, wait: boolean): void {
    if (this.contended !== wait) return
    this.contended = !wait
    database.exec(`pragma busy_timeout = ${wait ? BUSY_MS : 0}`)
  }
}

/** A lease with what guards against acting for one that was given to somebody else. */
interface SqliteLease extends Lease {
  readonly turn: number
}

/** The lease that a row turns into. */
function leaseOf({
  name,
  key,
  scheduled_for: scheduledFor,
  missed_count: missedCount,
  turn,
  lapsed,
  idle,
}: OccurrenceRow): SqliteLease {
  return {
    name,
    key,
    scheduledFor,
    missedCount,
    attempt: turn + 1 - idle,
    lapses: lapsed.split(',').length - 2,
    turn: turn + 1,
  }
}

/** Whether SQLite says that a page, or the whole file, cannot be read: SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamage = (error: unknown): boolean =>
  !(error instanceof JobStoreError) && /malformed|not a database/.test(messageOf(error))

const turnOf = (lease: Lease): number => (lease as SqliteLease).turn

const changed = ({ changes }: { changes: number | bigint }): boolean => Number(changes) > 0
