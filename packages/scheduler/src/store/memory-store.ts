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
} from './store.ts'
import { occurrenceKey } from './store.ts'

/** What the memory store keeps of a job. */
interface MemoryJob {
  fresh: boolean
  anchor: number
  watermark: number
  offered: number
  paused: boolean
  runs: number
  failures: number
  missed: number
  exclusive: boolean
  recurring: boolean
  schedule: string
  accepted: string | null
  leased: number
  /** Offered and not leased yet, oldest first; null while there is none. */
  pending: MemoryLease[] | null
}

/** A lease that makes its key when it is asked for: most runs never are. */
class MemoryLease implements Lease {
  attempt = 0
  /** Nobody but this process has leases, and it keeps them. */
  readonly lapses = 0
  /** pending <-> leased -> ended: what is asked twice is done once. */
  state: 'pending' | 'leased' | 'ended' = 'pending'

  constructor(
    readonly job: MemoryJob,
    readonly name: string,
    readonly scheduledFor: number,
    readonly missedCount: number,
  ) {}

  get key(): string {
    return occurrenceKey(this.name, this.scheduledFor)
  }
}

const NO_LEASES: readonly Lease[] = []
const NOTHING_SKIPPED: readonly Occurrence[] = []

/** The default store: everything is forgotten when the process ends. It answers directly and never fails. */
export class MemoryStore implements JobStore {
  readonly name = 'memory'
  readonly shared = false
  readonly pollMs = null
  readonly renewMs = null
  readonly #jobs = new Map<string, MemoryJob>()

  /**
   * Whether a store is this very class, and neither one of its heirs nor something in front of it, which may want to
   * see each run.
   */
  static isPlain(store: JobStore): boolean {
    return #jobs in store && Object.getPrototypeOf(store) === MemoryStore.prototype
  }

  open(): void {}

  close(): void {}

  register({ name, anchor, watermark, exclusive, recurring, schedule, restart, accepted }: JobRegistration): StoredJob {
    const known = this.#jobs.get(name)
    if (known !== undefined && !restart && known.recurring === recurring) {
      const before = known.schedule
      known.exclusive = exclusive
      known.schedule = schedule
      known.fresh = false
      return { ...known, schedule: before }
    }
    const job: MemoryJob = {
      fresh: true,
      anchor,
      watermark,
      offered: 0,
      paused: false,
      runs: 0,
      failures: 0,
      missed: 0,
      exclusive,
      recurring,
      schedule,
      accepted,
      leased: 0,
      pending: null,
    }
    if (known === undefined) {
      this.#jobs.set(name, job)
      return job
    }
    // Leases that are held stay: they point to the job that is known.
    const before = known.schedule
    return { ...Object.assign(known, job, { leased: known.leased }), schedule: before }
  }

  remove(name: string): boolean {
    return this.#jobs.delete(name)
  }

  list(open: boolean): ListedJob[] {
    const listed: ListedJob[] = []
    for (const [name, { recurring, schedule, accepted, paused, runs, failures, offered, leased, pending }] of this
      .#jobs) {
      const isOpen = recurring || offered === 0 || leased > 0 || (pending?.length ?? 0) > 0
      if (isOpen || !open) listed.push({ name, recurring, schedule, accepted, paused, runs, failures, open: isOpen })
    }
    return listed
  }

  pause(name: string, paused: boolean): void {
    const job = this.#jobs.get(name)
    if (job !== undefined) job.paused = paused
  }

  rewind(name: string, watermark: number): void {
    const job = this.#jobs.get(name)
    if (job !== undefined) job.watermark = Math.min(job.watermark, watermark)
  }

  offer({ name, watermark, occurrences, missed, limit }: Offer): OfferResult {
    const job = this.job(name)
    const leases: Lease[] = []
    let skipped: Occurrence[] | null = null
    for (const occurrence of occurrences) {
      if (occurrence.scheduledFor <= job.watermark || job.offered >= limit) continue
      job.offered++
      const lease = new MemoryLease(job, name, occurrence.scheduledFor, occurrence.missedCount)
      if (!job.exclusive || job.leased === 0) leases.push(this.lease(job, lease))
      else if (occurrence.ifBusy === 'wait') (job.pending ??= []).push(lease)
      else (skipped ??= []).push(occurrence)
    }
    const moved = watermark > job.watermark
    if (moved) {
      job.missed += missed
      job.watermark = watermark
    }
    return { leases, skipped: skipped ?? NOTHING_SKIPPED, offered: job.offered, moved }
  }

  start(name: string, scheduledFor: number): Lease | null {
    const job = this.job(name)
    if (job.exclusive && job.leased > 0) return null
    return this.lease(job, new MemoryLease(job, name, scheduledFor, 0))
  }

  take(name: string | null): readonly Lease[] {
    if (name === null) {
      const leases: Lease[] = []
      for (const each of this.#jobs.keys()) for (const lease of this.take(each)) leases.push(lease)
      return leases
    }
    const job = this.#jobs.get(name)
    if (job === undefined || job.pending === null || job.pending.length === 0) return NO_LEASES
    if (!job.exclusive) return job.pending.splice(0).map((lease) => this.lease(job, lease))
    return job.leased > 0 ? NO_LEASES : [this.lease(job, job.pending.shift()!)]
  }

  renew(): boolean {
    return true
  }

  release(lease: Lease, began = true): void {
    const held = lease as MemoryLease
    if (held.state !== 'leased') return
    held.state = 'pending'
    if (!began) held.attempt--
    held.job.leased--
    ;(held.job.pending ??= []).unshift(held)
  }

  finish(lease: Lease, { outcome }: RunRecord): boolean {
    const held = lease as MemoryLease
    if (held.state !== 'leased') return held.state === 'ended'
    held.state = 'ended'
    const { job } = held
    job.leased--
    job.runs++
    if (outcome === 'failure') job.failures++
    return true
  }

  encode(result: unknown): unknown {
    return result
  }

  private job(name: string): MemoryJob {
    const job = this.#jobs.get(name)
    if (job === undefined) throw new RangeError(`the store knows no job "${name}"; register it first`)
    return job
  }

  private lease(job: MemoryJob, lease: MemoryLease): MemoryLease {
    lease.attempt++
    lease.state = 'leased'
    job.leased++
    return lease
  }
}
