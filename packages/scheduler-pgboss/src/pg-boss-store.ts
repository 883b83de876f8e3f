/**
 * A job store on PostgreSQL, on top of pg-boss: any number of instances on any number of machines.
 *
 * A job has a queue, an occurrence is a pg-boss job whose id follows from `name@epochMs`. So of two instances that come to
 * the same occurrence the database takes the first one's, and pg-boss does what it is good at: hands a job to one worker,
 * keeps it while the worker sends heartbeats, hands it to another when they stop, keeps records and cleans up.
 *
 * Offering and taking hold a lock on the job's row in one transaction: there is no moment at which an occurrence is known
 * but neither waiting nor leased.
 *
 * Long because the members of one contract share its transactions, and are read beside it.
 */
import { runningLoop } from '@loop/core'
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
} from '@loop/scheduler'
import { checkOptions, encodeJson, JobStoreError, occurrenceKey } from '@loop/scheduler'
import type { ConstructorOptions, Db, JobWithMetadata } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import { idOf, queueOf } from './names.ts'
import type { Seen } from './offer-queue.ts'
import { OfferQueue, oldNews } from './offer-queue.ts'
import { seconds } from './seconds.ts'
import type { JobRow } from './schema.ts'
import { statements } from './schema.ts'

/** Options of a store on pg-boss. */
export interface PgBossStoreOptions {
  /** A connection URL, or pg-boss's own options (its schema, its pool, how often it looks after its queues, ...). */
  readonly connection: string | ConstructorOptions
  /** Milliseconds between two looks for what others left; 1,000 by default. */
  readonly pollMs?: number
  /** Milliseconds without a heartbeat after which a run is taken over; at least 10,000, pg-boss's least and the default. */
  readonly heartbeatMs?: number
  /**
   * Milliseconds that records of past runs are kept, and one-time jobs after they ended or were last registered; a week by
   * default. After that the name of a one-time job is free.
   */
  readonly keepMs?: number
  /** What the names of queues begin with; "loop/" by default. */
  readonly queuePrefix?: string
}

const POLL_MS = 1000
/** The least that pg-boss takes. */
const HEARTBEAT_MS = 10_000
const KEEP_MS = 7 * 86_400_000
/** The most that pg-boss takes, a little less than a day; runs are kept alive by heartbeats, not by this. */
const EXPIRE_SECONDS = 86_399
/** More than any run is tried: the scheduler gives up first, and says so. What was only given back counts too. */
const RETRY_LIMIT = 1_000_000
/** Old one-time jobs are deleted after each so many runs. */
const PURGE_EVERY = 256
/** pg-boss looks for missing heartbeats every so many seconds. */
const LOOK_AFTER_SECONDS = 5
/** Occurrences are handed out oldest first: their priority is the seconds until 1 January 2090, which fits 31 bits since 2022. */
const LAST_SECOND = Date.UTC(2090, 0, 1) / 1000

/** A lease, with what pg-boss needs to find its job; the attempt guards against acting for a run that was taken over. */
interface BossLease extends Lease {
  readonly queue: string
  readonly id: string
  readonly retryCount: number
}

/** What an occurrence carries. */
interface Payload {
  readonly scheduledFor: number
  readonly missedCount: number
  /** How often it was given back, and how often of these before its run began. */
  readonly released?: number
  /** Retry counts of attempts that were handed on although their processes live. */
  readonly alive?: readonly number[]
  readonly idle?: number
}

const OPTIONS = ['connection', 'pollMs', 'heartbeatMs', 'keepMs', 'queuePrefix'] as const satisfies (keyof PgBossStoreOptions)[]

/** See the top of the file. */
export class PgBossStore implements JobStore {
  readonly name = 'pg-boss'
  readonly shared = true
  readonly pollMs: number
  readonly renewMs: number
  private readonly boss: PgBoss
  private readonly sql: ReturnType<typeof statements>
  /** Queue -> job, of those registered here. */
  private readonly queues = new Map<string, string>()
  private readonly prefix: string
  private finished = 0
  private readonly offers: OfferQueue

  constructor(private readonly options: PgBossStoreOptions) {
    checkOptions('PgBossStore', options, OPTIONS)
    const { connection } = options
    const given = typeof connection === 'string' ? { connectionString: connection } : connection
    this.pollMs = options.pollMs ?? POLL_MS
    this.prefix = options.queuePrefix ?? 'loop/'
    // Two heartbeats may be late before the run is taken over.
    this.renewMs = (options.heartbeatMs ?? HEARTBEAT_MS) / 3
    this.sql = statements(given.schema ?? 'pgboss')
    this.boss = new PgBoss({
      schedule: false,
      superviseIntervalSeconds: LOOK_AFTER_SECONDS,
      monitorIntervalSeconds: LOOK_AFTER_SECONDS,
      ...given,
    })
    this.offers = new OfferQueue(
      async (names) => (await this.boss.getDb().executeSql(this.sql.see, [names])).rows as Seen[],
      (offers) => this.place(offers),
    )
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

  async register({ name, anchor, watermark, exclusive, recurring, schedule, now, restart, accepted }: JobRegistration): Promise<StoredJob> {
    const queue = queueOf(this.prefix, name)
    const [seen] = (await this.boss.getDb().executeSql(this.sql.see, [[name]])).rows as Seen[]
    if (seen?.policy !== policyOf(exclusive)) await this.makeQueue(queue, name, exclusive)
    const stored = await this.transaction(async (db) => {
      const values = [name, anchor, watermark, exclusive, recurring, schedule, accepted, queue, now]
      const added = (await db.executeSql(this.sql.add, values)).rows.length > 0
      const known = added ? null : (await this.lock(db, name))!
      const fresh = known === null || restart || known.recurring !== recurring
      if (known !== null && fresh) {
        await db.executeSql(this.sql.clear, [queue])
        await db.executeSql(this.sql.restart, values)
      } else await db.executeSql(this.sql.change, [name, exclusive, schedule, queue, now])
      const row = (await this.lock(db, name))!
      const { offered, paused, runs, failures, missed } = row
      return { fresh, schedule: known?.schedule ?? null, anchor: row.anchor, watermark: row.watermark, offered, paused, runs, failures, missed }
    })
    this.queues.set(queue, name)
    return stored
  }

  remove(name: string): Promise<boolean> {
    const queue = queueOf(this.prefix, name)
    this.queues.delete(queue)
    return this.transaction(async (db) => {
      await this.lock(db, name)
      await db.executeSql(this.sql.clear, [queue])
      return (await db.executeSql(this.sql.remove, [name])).rows.length > 0
    })
  }

  async list(open: boolean): Promise<ListedJob[]> {
    const { rows } = await this.boss.getDb().executeSql(open ? this.sql.listOpen : this.sql.list)
    return (rows as (JobRow & { open: boolean })[]).map(({ name, recurring, schedule, accepted, paused, runs, failures, open: isOpen }) => {
      return { name, recurring, schedule, accepted, paused, runs, failures, open: isOpen }
    })
  }

  async pause(name: string, paused: boolean): Promise<void> {
    await this.boss.getDb().executeSql(this.sql.pause, [name, paused])
  }

  async rewind(name: string, watermark: number): Promise<void> {
    await this.boss.getDb().executeSql(this.sql.rewind, [name, watermark])
  }

  offer(offer: Offer): Promise<OfferResult> {
    return this.offers.add(offer)
  }

  /** Places offers of different jobs in one transaction; null for a job that another instance is busy with. */
  private place(offers: readonly Offer[]): Promise<(OfferResult | null)[]> {
    return this.transaction(async (db) => {
      const { rows } = await db.executeSql(this.sql.lockAll, [offers.map(({ name }) => name)])
      const jobs = new Map((rows as JobRow[]).map((job) => [job.name, job]))
      const exclusive = offers.filter(({ name }) => jobs.get(name)?.exclusive === true).map(({ name }) => queueOf(this.prefix, name))
      const busy = exclusive.length === 0 ? new Set() : new Set(((await db.executeSql(this.sql.activeAll, [exclusive])).rows as { name: string }[]).map(({ name }) => name))
      const moved: Offer[] = []
      const results: (OfferResult | null)[] = []
      for (const offer of offers) {
        const job = jobs.get(offer.name)
        if (job === undefined) results.push(null)
        else if (job.watermark >= offer.watermark) results.push(oldNews(job.offered))
        else {
          moved.push(offer)
          results.push(await this.placeOne(db, job, offer, busy.has(queueOf(this.prefix, offer.name))))
        }
      }
      const offered = new Map(offers.map(({ name }, i) => [name, results[i]?.offered ?? 0]))
      if (moved.length > 0) {
        await db.executeSql(this.sql.advanceAll, [
          moved.map(({ name }) => name),
          moved.map(({ watermark }) => watermark),
          moved.map(({ name }) => offered.get(name)!),
          moved.map(({ missed }) => missed),
        ])
      }
      return results
    })
  }

  private async placeOne(db: Db, job: JobRow, { name, occurrences, limit }: Offer, busy: boolean): Promise<OfferResult> {
    const queue = queueOf(this.prefix, name)
    const fresh = job.paused ? [] : occurrences.filter(({ scheduledFor }) => scheduledFor > job.watermark)
    const due = fresh.slice(0, Math.max(0, limit - job.offered))
    const skipped = busy ? due.filter(({ ifBusy }) => ifBusy === 'skip') : []
    const wanted = due.filter((occurrence) => !skipped.includes(occurrence))
    const inserted = await this.insert(db, queue, name, wanted)
    const leases = busy || inserted === 0 ? [] : await this.fetch(db, queue, name, job.exclusive ? 1 : inserted)
    return { leases, skipped, offered: job.offered + inserted + skipped.length, moved: true }
  }

  start(name: string, scheduledFor: number): Promise<Lease | null> {
    return this.transaction(async (db) => {
      const job = await this.lock(db, name)
      if (job === null) throw new JobStoreError(`job "${name}" was removed by another instance`)
      const queue = queueOf(this.prefix, name)
      if (job.exclusive && (await this.busy(db, queue))) return null
      // An occurrence of the plan may have this name already; then the next millisecond is free.
      for (let moment = scheduledFor; ; moment++) {
        if ((await this.insert(db, queue, name, [{ scheduledFor: moment, missedCount: 0, ifBusy: 'wait' }], FIRST)) === 0) continue
        return (await this.fetch(db, queue, name, 1))[0] ?? null
      }
    })
  }

  async take(name: string | null): Promise<readonly Lease[]> {
    // One look without a transaction, after each run too: mostly nothing waits.
    const queues = await this.readyQueues(name === null ? [...this.queues.keys()] : [queueOf(this.prefix, name)])
    const leases: Lease[] = []
    for (const queue of queues) {
      const job = this.queues.get(queue)
      if (job === undefined) continue
      try {
        for (const lease of await this.takeFrom(queue, job)) leases.push(lease)
      } catch (error) {
        // What was taken from the queues before is leased already, and must reach the scheduler.
        if (leases.length === 0) throw error
        return leases
      }
    }
    return leases
  }

  async renew(lease: Lease): Promise<boolean> {
    const { queue } = lease as BossLease
    return affected(await this.boss.touch(queue, attemptOf(lease)))
  }

  release(lease: Lease, began: boolean): Promise<void> {
    const { queue, id, retryCount } = lease as BossLease
    return this.transaction(async (db) => {
      // pg-boss has no other way back: a failure that is tried again at once.
      const released = affected(await this.boss.fail(queue, attemptOf(lease), { outcome: 'released' }, { db }))
      await (released ? db.executeSql(this.sql.released, [queue, id, Number(!began)]) : db.executeSql(this.sql.alive, [queue, id, retryCount]))
    })
  }

  async finish(lease: Lease, { outcome, result, error, startedAt, duration }: RunRecord): Promise<boolean> {
    const { queue, name, id, retryCount } = lease as BossLease
    const output = { outcome, result: JSON.parse((result as string | null) ?? 'null') as unknown, error, startedAt, duration }
    // Completed even if the job failed: its retries are over, and pg-boss would begin its own.
    const values = [queue, id, retryCount, JSON.stringify(output), name, Number(outcome === 'failure'), startedAt]
    const db = this.boss.getDb()
    if ((await db.executeSql(this.sql.finish, values)).rows.length > 0) {
      if (++this.finished % PURGE_EVERY === 0) await db.executeSql(this.sql.purge, [startedAt - (this.options.keepMs ?? KEEP_MS)])
      return true
    }
    // Told before, and only the answer was lost.
    if ((await db.executeSql(this.sql.ended, [queue, id, retryCount])).rows.length > 0) return true
    await db.executeSql(this.sql.alive, [queue, id, retryCount])
    return false
  }

  encode(result: unknown): string {
    const text = encodeJson(result)
    const odd = NOT_IN_POSTGRES.exec(text)
    if (odd !== null) throw new TypeError(`the result contains ${odd[1]!.replace('\\u', 'U+')}, which PostgreSQL cannot keep in JSON`)
    return text
  }

  // ---------------------------------------------------------------- inside

  private async makeQueue(queue: string, name: string, exclusive: boolean): Promise<void> {
    const policy = policyOf(exclusive)
    const known = await this.boss.getQueue(queue)
    if (known?.policy === policy) return
    if (known !== null) {
      const open = (await this.boss.findJobs(queue, { limit: 1 })).some(({ state }) => state === 'active' || state === 'created' || state === 'retry')
      if (open) throw new JobStoreError(`job "${name}" changed between overlapping and not while runs of it are open; cancel it first`)
      await this.boss.deleteQueue(queue)
    }
    await this.boss.createQueue(queue, {
      policy,
      heartbeatSeconds: seconds(this.options.heartbeatMs ?? HEARTBEAT_MS),
      expireInSeconds: EXPIRE_SECONDS,
      retryLimit: RETRY_LIMIT,
      retryDelay: 0,
      deleteAfterSeconds: seconds(this.options.keepMs ?? KEEP_MS),
    })
  }

  private async lock(db: Db, name: string): Promise<JobRow | null> {
    const { rows } = await db.executeSql(this.sql.lock, [name])
    return (rows[0] as JobRow | undefined) ?? null
  }

  private async busy(db: Db, queue: string): Promise<boolean> {
    return (await db.executeSql(this.sql.active, [queue])).rows.length > 0
  }

  /** Adds occurrences; how many were not known. */
  private async insert(db: Db, queue: string, name: string, occurrences: readonly Occurrence[], priority?: number): Promise<number> {
    if (occurrences.length === 0) return 0
    const jobs = occurrences.map(({ scheduledFor, missedCount }) => ({
      id: idOf(occurrenceKey(name, scheduledFor)),
      data: { scheduledFor, missedCount } satisfies Payload,
      priority: priority ?? Math.floor(LAST_SECOND - scheduledFor / 1000),
    }))
    const ids = await this.boss.insert(queue, jobs, { db, returnId: true })
    return ids?.length ?? 0
  }

  private async fetch(db: Db, queue: string, name: string, batchSize: number): Promise<BossLease[]> {
    const jobs = await this.boss.fetch<Payload>(queue, { db, batchSize, includeMetadata: true })
    return jobs.map((job) => leaseOf(queue, name, job)).sort((a, b) => a.scheduledFor - b.scheduledFor)
  }

  private takeFrom(queue: string, name: string): Promise<BossLease[]> {
    return this.transaction(async (db) => {
      const job = await this.lock(db, name)
      if (job === null || (job.exclusive && (await this.busy(db, queue)))) return []
      return this.fetch(db, queue, name, job.exclusive ? 1 : MOST_TAKEN)
    })
  }

  private async readyQueues(queues: readonly string[]): Promise<string[]> {
    if (queues.length === 0) return []
    const { rows } = await this.boss.getDb().executeSql(this.sql.ready, [queues])
    return (rows as { name: string }[]).map(({ name }) => name)
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

/** In JSON text, the escape of a character that PostgreSQL has no place for: 0, and halves of pairs (whole pairs are not escaped). */
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
 * Between being handed out and its first statement a connection of pg has no listener for errors, and a server that is stopped
 * at that moment would end the process. The next statement fails all the same, and is told of then.
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

function leaseOf(queue: string, name: string, { id, data, retryCount }: JobWithMetadata<Payload>): BossLease {
  const { scheduledFor, missedCount, released = 0, idle = 0, alive = [] } = data
  const key = occurrenceKey(name, scheduledFor)
  return { queue, id, name, key, scheduledFor, missedCount, attempt: retryCount + 1 - idle, lapses: retryCount - released - alive.length, retryCount }
}

const attemptOf = (lease: Lease): { id: string; retryCount: number } => ({ id: (lease as BossLease).id, retryCount: (lease as BossLease).retryCount })
const affected = (response: unknown): boolean => (response as { affected: number }).affected > 0
