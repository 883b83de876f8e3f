/**
 * A job store on PostgreSQL, on top of pg-boss: any number of instances on any number of machines.
 *
 * A job has a queue, an occurrence is a pg-boss job whose id follows from `name@epochMs`. So of two instances that come
 * to the same occurrence the database takes the first one's, and pg-boss does what it is good at: hands a job to one
 * worker, keeps it while the worker sends heartbeats, hands it to another when they stop, keeps records and cleans up.
 *
 * Offering and taking hold a lock on the job's row in one transaction: there is no moment at which an occurrence is
 * known but neither waiting nor leased.
 *
 * Long because the members of one contract share its transactions, and are read beside it.
 */
import { runningLoop } from '@loop/core'
import type {
  JobRegistration,
  JobStore,
  Lease,
  ListedJob,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
} from '@loop/scheduler'
import { checkMilliseconds, checkOptions, encodeJson, JobStoreError, occurrenceKey } from '@loop/scheduler'
import type { ConstructorOptions, Db } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import { answered } from './answered.ts'
import { Batches } from './batches.ts'
import { Limit } from './limit.ts'
import { idOf, queueOf } from './names.ts'
import type { Seen } from './offer-queue.ts'
import { OfferQueue, oldNews } from './offer-queue.ts'
import type { BossLease, End, FetchedRow, Payload, Placing, Wanted } from './rows.ts'
import { leaseOf, outputOf, placingOf, storedJob } from './rows.ts'
import type { JobRow } from './schema.ts'
import { statements } from './schema.ts'
import { seconds } from './seconds.ts'

/** Options of a store on pg-boss. */
export interface PgBossStoreOptions {
  /** A connection URL, or pg-boss's own options (its schema, its pool, how often it looks after its queues, ...). */
  readonly connection: string | ConstructorOptions
  /** Milliseconds between two looks for what others left; 1,000 by default. */
  readonly pollMs?: number
  /**
   * Milliseconds without a heartbeat after which a run is taken over; at least 10,000, pg-boss's least and the default.
   */
  readonly heartbeat?: number
  /**
   * Milliseconds that records of past runs are kept, and one-time jobs after they ended or were last registered; a week
   * by default. After that the name of a one-time job is free.
   */
  readonly retention?: number
  /** What the names of queues begin with; "loop/" by default. */
  readonly queuePrefix?: string
}

const POLL_MS = 1000
/** The least that pg-boss takes. */
const HEARTBEAT_MS = 10_000
const RETENTION_MS = 7 * 86_400_000
/** The most that pg-boss takes, a little less than a day; runs are kept alive by heartbeats, not by this. */
const EXPIRE_SECONDS = 86_399
/** More than any run is tried: the scheduler gives up first, and says so. What was only given back counts too. */
const RETRY_LIMIT = 1_000_000
/** Old one-time jobs are deleted after each so many runs. */
const PURGE_EVERY = 256
/** So many questions that are not batched are asked at a time: the rest of a small pool is for runs and their ends. */
const OTHERS_AT_A_TIME = 2
/** pg-boss looks for missing heartbeats every so many seconds. */
const LOOK_AFTER_SECONDS = 5
const OPTIONS = [
  'connection',
  'pollMs',
  'heartbeat',
  'retention',
  'queuePrefix',
] as const satisfies (keyof PgBossStoreOptions)[]

/**
 * A job store on PostgreSQL, through pg-boss: any number of instances on any number of machines, each occurrence once.
 */
export class PgBossStore implements JobStore {
  readonly name = 'pg-boss'
  readonly shared = true
  readonly pollMs: number
  readonly renewMs: number
  private readonly heartbeat: number
  private readonly retention: number
  private readonly boss: PgBoss
  private readonly sql: ReturnType<typeof statements>
  /** Queue -> job, of those registered here. */
  private readonly queues = new Map<string, string>()
  private readonly prefix: string
  private finished = 0
  /** Whether a look for what waits of all jobs is under way. */
  private looking = false
  private readonly looks: Batches<string, Seen | undefined>
  private readonly offers: OfferQueue
  private readonly takes: Batches<string, readonly Lease[]>
  private readonly renewals: Batches<BossLease, boolean>
  private readonly ends: Batches<End, boolean>
  /** What is not batched: registrations, of which there are many at the start, and the rare questions. */
  private readonly others = new Limit(OTHERS_AT_A_TIME)

  constructor(options: PgBossStoreOptions) {
    checkOptions('PgBossStore', options, OPTIONS)
    const { connection } = options
    const given = typeof connection === 'string' ? { connectionString: connection } : connection
    const { pollMs = POLL_MS, heartbeat = HEARTBEAT_MS, retention = RETENTION_MS } = options
    checkMilliseconds('PgBossStore', 'pollMs', pollMs, 0)
    checkMilliseconds('PgBossStore', 'heartbeat', heartbeat, HEARTBEAT_MS)
    checkMilliseconds('PgBossStore', 'retention', retention, 0)
    this.pollMs = pollMs
    this.heartbeat = heartbeat
    this.retention = retention
    this.prefix = options.queuePrefix ?? 'loop/'
    // Two heartbeats may be late before the run is taken over.
    this.renewMs = heartbeat / 3
    this.sql = statements(given.schema ?? 'pgboss')
    this.boss = new PgBoss({
      schedule: false,
      superviseIntervalSeconds: LOOK_AFTER_SECONDS,
      monitorIntervalSeconds: LOOK_AFTER_SECONDS,
      ...given,
    })
    this.looks = new Batches(async (names) => {
      const seen = new Map((await this.see(names)).map((job) => [job.name, job]))
      return names.map((name) => seen.get(name))
    })
    this.offers = new OfferQueue(
      (names) => this.see(names),
      (offers) => this.place(offers),
    )
    this.takes = new Batches((names) => this.takeOf(names))
    this.renewals = new Batches((leases) => this.renewAll(leases))
    this.ends = new Batches((ends) => this.finishAll(ends))
    this.boss.on('error', (exception) => {
      const loop = runningLoop()
      const context = { message: 'pg-boss reported an error', exception }
      if (loop !== null && !loop.isClosed()) loop.callExceptionHandler(context)
      else console.error(context.message, exception)
    })
  }

  async open(): Promise<void> {
    await this.boss.start()
    guardClients(this.boss.getDb())
    await this.transaction((db) => db.executeSql(this.sql.create))
  }

  async close(): Promise<void> {
    // Nothing of ours runs any more; pg-boss has no workers that it would have to wait for.
    await this.boss.stop({ graceful: false })
  }

  async register(job: JobRegistration): Promise<StoredJob> {
    const seen = await this.looks.add(job.name)
    return this.others.run(() => this.registerSeen(job, seen))
  }

  private async registerSeen(job: JobRegistration, seen: Seen | undefined): Promise<StoredJob> {
    const { name, anchor, watermark, exclusive, recurring, schedule, now, restart, accepted } = job
    const queue = queueOf(this.prefix, name)
    if (seen?.policy !== policyOf(exclusive)) await this.makeQueue(queue, name, exclusive)
    const values = [name, anchor, watermark, exclusive, recurring, schedule, accepted, queue, now]
    const { rows } = await this.boss.getDb().executeSql(this.sql.register, [...values, restart])
    const [known] = rows as (JobRow & { fresh: boolean; before: string | null })[]
    const stored =
      known === undefined ? await this.begin(name, queue, values) : storedJob(known, known.fresh, known.before)
    this.queues.set(queue, name)
    return stored
  }

  /** Begins a known job anew. */
  private begin(name: string, queue: string, values: readonly unknown[]): Promise<StoredJob> {
    return this.transaction(async (db) => {
      const known = await this.lock(db, name)
      if (known === null)
        throw new JobStoreError(`job "${name}" was removed by another instance while it was registered`)
      await db.executeSql(this.sql.clear, [queue])
      await db.executeSql(this.sql.restart, [...values])
      return storedJob((await this.lock(db, name))!, true, known.schedule)
    })
  }

  remove(name: string): Promise<boolean> {
    const queue = queueOf(this.prefix, name)
    this.queues.delete(queue)
    return this.alone(async (db) => {
      await this.lock(db, name)
      await db.executeSql(this.sql.clear, [queue])
      return (await db.executeSql(this.sql.remove, [name])).rows.length > 0
    })
  }

  async list(open: boolean): Promise<ListedJob[]> {
    const { rows } = await this.boss.getDb().executeSql(open ? this.sql.listOpen : this.sql.list)
    return (rows as (JobRow & { open: boolean })[]).map(
      ({ name, recurring, schedule, accepted, paused, runs, failures, open: isOpen }) => {
        return { name, recurring, schedule, accepted, paused, runs, failures, open: isOpen }
      },
    )
  }

  async pause(name: string, paused: boolean): Promise<void> {
    await this.others.run(() => this.boss.getDb().executeSql(this.sql.pause, [name, paused]))
  }

  async rewind(name: string, watermark: number): Promise<void> {
    await this.others.run(() => this.boss.getDb().executeSql(this.sql.rewind, [name, watermark]))
  }

  offer(offer: Offer): Promise<OfferResult> {
    return this.offers.add(offer)
  }

  start(name: string, scheduledFor: number): Promise<Lease | null> {
    return this.alone(async (db) => {
      const job = await this.lock(db, name)
      if (job === null) throw new JobStoreError(`job "${name}" was removed by another instance`)
      const { queue } = job
      if (job.exclusive && (await this.busy(db, [queue])).has(queue)) return null
      // An occurrence of the plan may have this name already; then the next millisecond is free.
      for (let moment = scheduledFor; ; moment++) {
        const inserted = await this.insert(db, [{ queue, name, scheduledFor: moment, missedCount: 0, priority: FIRST }])
        if (inserted.size > 0) return (await this.fetch(db, [{ queue, name, most: 1 }])).get(queue)?.[0] ?? null
      }
    })
  }

  async take(name: string | null): Promise<readonly Lease[]> {
    if (name !== null) return this.takes.add(name)
    // One look is enough: the next one comes soon.
    if (this.looking) return []
    this.looking = true
    try {
      return (await answered(this.takeOf([...this.queues.values()]))).flat()
    } finally {
      this.looking = false
    }
  }

  renew(lease: Lease): Promise<boolean> {
    return this.renewals.add(lease as BossLease)
  }

  release(lease: Lease, began: boolean): Promise<void> {
    const { queue, id, retryCount } = lease as BossLease
    return this.alone(async (db) => {
      // pg-boss has no other way back: a failure that is tried again at once.
      const released = affected(await this.boss.fail(queue, { id, retryCount }, { outcome: 'released' }, { db }))
      await (released
        ? db.executeSql(this.sql.released, [queue, id, Number(!began)])
        : db.executeSql(this.sql.alive, [queue, id, retryCount]))
    })
  }

  async finish(lease: Lease, record: RunRecord): Promise<boolean> {
    const { queue, id, retryCount } = lease as BossLease
    if (await this.ends.add({ lease: lease as BossLease, record })) return true
    return this.others.run(async () => {
      const db = this.boss.getDb()
      // Told before, and only the answer was lost.
      if ((await db.executeSql(this.sql.ended, [queue, id, retryCount])).rows.length > 0) return true
      await db.executeSql(this.sql.alive, [queue, id, retryCount])
      return false
    })
  }

  encode(result: unknown): string {
    const text = encodeJson(result)
    const odd = NOT_IN_POSTGRES.exec(text)
    if (odd !== null)
      throw new TypeError(`the result contains ${odd[1]!.replace('\\u', 'U+')}, which PostgreSQL cannot keep in JSON`)
    return text
  }

  // ---------------------------------------------------------------- many at once

  private async see(names: readonly string[]): Promise<Seen[]> {
    return (await this.boss.getDb().executeSql(this.sql.see, [names])).rows as Seen[]
  }

  /** Places offers of different jobs in one transaction; null for a job that another instance is busy with. */
  private place(offers: readonly Offer[]): Promise<(OfferResult | null)[]> {
    return this.transaction(async (db) => {
      const { rows } = await db.executeSql(this.sql.lockFree, [offers.map(({ name }) => name)])
      const jobs = new Map((rows as JobRow[]).map((job) => [job.name, job]))
      const busy = await this.busyOf(db, jobs.values())
      const placings: Placing[] = []
      for (const offer of offers) {
        const job = jobs.get(offer.name)
        if (job !== undefined && job.watermark < offer.watermark)
          placings.push(placingOf(offer, job, busy.has(job.queue)))
      }
      const inserted = await this.insert(
        db,
        placings.flatMap(({ wanted }) => wanted),
      )
      const fetched = await this.fetch(
        db,
        placings.flatMap(({ job: { queue, name, exclusive } }) => {
          const count = inserted.get(queue) ?? 0
          return count === 0 || busy.has(queue) ? [] : [{ queue, name, most: exclusive ? 1 : count }]
        }),
      )
      const results = new Map<string, OfferResult>()
      for (const { job, skipped } of placings) {
        const offered = job.offered + (inserted.get(job.queue) ?? 0) + skipped.length
        results.set(job.name, { leases: fetched.get(job.queue) ?? [], skipped, offered, moved: true })
      }
      if (placings.length > 0) {
        await db.executeSql(this.sql.advanceAll, [
          placings.map(({ job }) => job.name),
          placings.map(({ offer }) => offer.watermark),
          placings.map(({ job }) => results.get(job.name)!.offered),
          placings.map(({ offer }) => offer.missed),
        ])
      }
      return offers.map(({ name }) => {
        const job = jobs.get(name)
        return results.get(name) ?? (job === undefined ? null : oldNews(job.offered))
      })
    })
  }

  /** What waits of each of these jobs and may run. */
  private async takeOf(names: readonly string[]): Promise<readonly (readonly Lease[])[]> {
    // One look without a transaction, after each run too: mostly nothing waits.
    const { rows } =
      names.length === 0
        ? { rows: [] }
        : await this.boss.getDb().executeSql(this.sql.ready, [names.map((name) => queueOf(this.prefix, name))])
    if (rows.length === 0) return names.map(() => [])
    const ready = (rows as { name: string }[]).flatMap(({ name: queue }) => this.queues.get(queue) ?? [])
    const taken = await this.transaction(async (db) => {
      const jobs = (await db.executeSql(this.sql.lockAll, [ready])).rows as JobRow[]
      const busy = await this.busyOf(db, jobs)
      return this.fetch(
        db,
        jobs.flatMap(({ queue, name, exclusive }) =>
          busy.has(queue) ? [] : [{ queue, name, most: exclusive ? 1 : MOST_TAKEN }],
        ),
      )
    })
    return names.map((name) => {
      const queue = queueOf(this.prefix, name)
      const leases = taken.get(queue) ?? []
      // A name may be asked for twice at a time.
      taken.delete(queue)
      return leases
    })
  }

  private async renewAll(leases: readonly BossLease[]): Promise<boolean[]> {
    const values = [
      leases.map(({ queue }) => queue),
      leases.map(({ id }) => id),
      leases.map(({ retryCount }) => retryCount),
    ]
    const { rows } = await this.boss.getDb().executeSql(this.sql.renew, values)
    const kept = new Set((rows as { id: string }[]).map(({ id }) => id))
    return leases.map(({ id }) => kept.has(id))
  }

  private async finishAll(ends: readonly End[]): Promise<boolean[]> {
    const db = this.boss.getDb()
    const { rows } = await db.executeSql(this.sql.finish, [
      ends.map(({ lease }) => lease.queue),
      ends.map(({ lease }) => lease.id),
      ends.map(({ lease }) => lease.retryCount),
      ends.map(({ record }) => outputOf(record)),
      ends.map(({ lease }) => lease.name),
      // Completed even if the job failed: its retries are over, and pg-boss would begin its own.
      ends.map(({ record }) => Number(record.outcome === 'failure')),
      ends.map(({ record }) => record.startedAt),
    ])
    const ended = new Set((rows as { id: string }[]).map(({ id }) => id))
    const before = this.finished
    this.finished += ended.size
    if (Math.floor(this.finished / PURGE_EVERY) > Math.floor(before / PURGE_EVERY))
      this.purge(ends[0]!.record.startedAt)
    return ends.map(({ lease }) => ended.has(lease.id))
  }

  /** Beside the ends: that it fails is no failure of theirs, and it comes again. */
  private purge(now: number): void {
    const values = [now - this.retention]
    void this.others.run(() => this.boss.getDb().executeSql(this.sql.purge, values)).catch(() => {})
  }

  // ---------------------------------------------------------------- inside

  private async makeQueue(queue: string, name: string, exclusive: boolean): Promise<void> {
    const policy = policyOf(exclusive)
    const known = await this.boss.getQueue(queue)
    if (known?.policy === policy) return
    if (known !== null) {
      const open = (await this.boss.findJobs(queue, { limit: 1 })).some(
        ({ state }) => state === 'active' || state === 'created' || state === 'retry',
      )
      if (open)
        throw new JobStoreError(
          `job "${name}" changed between overlapping and not while runs of it are open; cancel it first`,
        )
      await this.boss.deleteQueue(queue)
    }
    await this.boss.createQueue(queue, {
      policy,
      heartbeatSeconds: seconds(this.heartbeat),
      expireInSeconds: EXPIRE_SECONDS,
      retryLimit: RETRY_LIMIT,
      retryDelay: 0,
      deleteAfterSeconds: seconds(this.retention),
    })
  }

  private async lock(db: Db, name: string): Promise<JobRow | null> {
    const { rows } = await db.executeSql(this.sql.lock, [name])
    return (rows[0] as JobRow | undefined) ?? null
  }

  /** Those of some queues that have a run in progress. */
  private async busy(db: Db, queues: readonly string[]): Promise<Set<string>> {
    if (queues.length === 0) return new Set()
    const { rows } = await db.executeSql(this.sql.active, [queues])
    return new Set((rows as { name: string }[]).map(({ name }) => name))
  }

  private busyOf(db: Db, jobs: Iterable<JobRow>): Promise<Set<string>> {
    return this.busy(
      db,
      Array.from(jobs).flatMap(({ queue, exclusive }) => (exclusive ? [queue] : [])),
    )
  }

  /** Adds occurrences; by queue, how many were not known. */
  private async insert(db: Db, occurrences: readonly Wanted[]): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    if (occurrences.length === 0) return counts
    const { rows } = await db.executeSql(this.sql.insert, [
      occurrences.map(({ queue }) => queue),
      occurrences.map(({ name, scheduledFor }) => idOf(occurrenceKey(name, scheduledFor))),
      occurrences.map(({ scheduledFor, missedCount }) =>
        JSON.stringify({ scheduledFor, missedCount } satisfies Payload),
      ),
      occurrences.map(({ priority }) => priority),
    ])
    for (const { name: queue } of rows as { name: string }[]) counts.set(queue, (counts.get(queue) ?? 0) + 1)
    return counts
  }

  /** Leases what waits of some queues, by queue, the oldest first. */
  private async fetch(
    db: Db,
    wanted: readonly { queue: string; name: string; most: number }[],
  ): Promise<Map<string, BossLease[]>> {
    const leases = new Map<string, BossLease[]>()
    if (wanted.length === 0) return leases
    const names = new Map(wanted.map(({ queue, name }) => [queue, name]))
    const { rows } = await db.executeSql(this.sql.fetch, [
      wanted.map(({ queue }) => queue),
      wanted.map(({ most }) => most),
    ])
    for (const row of rows as FetchedRow[]) {
      const lease = leaseOf(names.get(row.name)!, row)
      const others = leases.get(row.name)
      if (others === undefined) leases.set(row.name, [lease])
      else others.push(lease)
    }
    for (const each of leases.values()) each.sort((a, b) => a.scheduledFor - b.scheduledFor)
    return leases
  }

  private alone<T>(body: (db: Db) => Promise<T>): Promise<T> {
    return this.others.run(() => this.transaction(body))
  }

  private async transaction<T>(body: (db: Db) => Promise<T>): Promise<T> {
    const begin = this.boss.getDb().beginTransaction
    if (begin === undefined) throw new JobStoreError('the database adapter given to pg-boss has no beginTransaction')
    const transaction = await begin.call(this.boss.getDb())
    try {
      const result = await body(transaction.db)
      await transaction.commit()
      return result
    } catch (error) {
      // What went wrong first is what counts; a connection that cannot take it back is closed by its pool.
      await transaction.rollback().catch(() => {})
      throw error
    }
  }
}

/**
 * In JSON text, the escape of a character that PostgreSQL has no place for: 0, and halves of pairs (whole pairs are not
 * escaped).
 */
const NOT_IN_POSTGRES = /(?<!\\)(?:\\\\)*(\\u(?:0000|d[89a-f][0-9a-f]{2}))/

/** What is used here of a pool of pg, which pg-boss keeps. */
interface Pool {
  readonly _clients?: Iterable<Emits>
  on(event: 'connect', listener: (client: Emits) => void): unknown
}

interface Emits {
  on(event: 'error', listener: () => void): unknown
}

const guarded = new WeakSet<Pool>()

/**
 * Between being handed out and its first statement a connection of pg has no listener for errors, and a server that is
 * stopped at that moment would end the process. The next statement fails all the same, and is reported then.
 */
function guardClients(db: object): void {
  const { pool } = db as { pool?: Pool }
  if (pool === undefined || guarded.has(pool)) return
  guarded.add(pool)
  const guard = (client: Emits): void => void client.on('error', () => {})
  pool.on('connect', guard)
  for (const client of pool._clients ?? []) guard(client)
}

/** 'singleton': at most one job of the queue is active. */
const policyOf = (exclusive: boolean): 'singleton' | 'standard' => (exclusive ? 'singleton' : 'standard')

/** What one look takes of a job whose runs may overlap. */
const MOST_TAKEN = 100
/** A start beside the plan goes before everything that waits: the greatest priority there is. */
const FIRST = 2 ** 31 - 1

const affected = (response: unknown): boolean => (response as { affected: number }).affected > 0
