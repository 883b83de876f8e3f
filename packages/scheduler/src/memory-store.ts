import type {
  JobRegistration,
  JobStore,
  Lease,
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
  leased: number
  /** Offered and not leased yet, oldest first; null while there is none. */
  waiting: MemoryLease[] | null
}

/** A lease that makes its key when it is asked for: most runs never are. */
class MemoryLease implements Lease {
  attempt = 0

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
  private readonly jobs = new Map<string, MemoryJob>()

  open(): void {}

  close(): void {}

  register({ name, anchor, watermark, exclusive }: JobRegistration): StoredJob {
    const known = this.jobs.get(name)
    if (known !== undefined) {
      known.exclusive = exclusive
      known.fresh = false
      return known
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
      leased: 0,
      waiting: null,
    }
    this.jobs.set(name, job)
    return job
  }

  remove(name: string): void {
    this.jobs.delete(name)
  }

  pause(name: string, paused: boolean): void {
    const job = this.jobs.get(name)
    if (job !== undefined) job.paused = paused
  }

  rewind(name: string, watermark: number): void {
    const job = this.jobs.get(name)
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
      else if (occurrence.ifBusy === 'wait') (job.waiting ??= []).push(lease)
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
    if (name === null) return [...this.jobs.keys()].flatMap((each) => this.take(each))
    const job = this.jobs.get(name)
    if (job === undefined || job.waiting === null || job.waiting.length === 0) return NO_LEASES
    if (!job.exclusive) return job.waiting.splice(0).map((lease) => this.lease(job, lease))
    return job.leased > 0 ? NO_LEASES : [this.lease(job, job.waiting.shift()!)]
  }

  renew(): boolean {
    return true
  }

  release(lease: Lease): void {
    const { job } = lease as MemoryLease
    job.leased--
    ;(job.waiting ??= []).unshift(lease as MemoryLease)
  }

  finish(lease: Lease, { outcome }: RunRecord): boolean {
    const { job } = lease as MemoryLease
    job.leased--
    job.runs++
    if (outcome === 'failure') job.failures++
    return true
  }

  encode(result: unknown): unknown {
    return result
  }

  private job(name: string): MemoryJob {
    const job = this.jobs.get(name)
    if (job === undefined) throw new RangeError(`the store knows no job "${name}"; register it first`)
    return job
  }

  private lease(job: MemoryJob, lease: MemoryLease): MemoryLease {
    lease.attempt++
    job.leased++
    return lease
  }
}
