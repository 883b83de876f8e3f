/**
 * What a database of jobs does, as a state machine: the same commands in the same order give the same answers and the
 * same state, so that a log of commands is all that has to be kept. The rules are those of `JobStore` in
 * @loop/scheduler.
 */
import type {
  JobRegistration,
  Lease,
  ListedJob,
  Occurrence,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
} from '@loop/scheduler'
import { occurrenceKey } from '@loop/scheduler'

/** A command as it stands in the log. */
export type Command =
  | { readonly op: 'register'; readonly job: JobRegistration }
  | { readonly op: 'remove'; readonly name: string }
  | { readonly op: 'list'; readonly open: boolean }
  | { readonly op: 'pause'; readonly name: string; readonly paused: boolean }
  | { readonly op: 'rewind'; readonly name: string; readonly watermark: number }
  | { readonly op: 'offer'; readonly offer: Offer }
  | { readonly op: 'start'; readonly name: string; readonly scheduledFor: number }
  | { readonly op: 'take'; readonly name: string | null; readonly names: readonly string[] }
  | { readonly op: 'renew'; readonly lease: Lease }
  | { readonly op: 'release'; readonly lease: Lease; readonly began: boolean }
  | { readonly op: 'finish'; readonly lease: Lease; readonly record: RunRecord }

/** Whose command it is, and when it came: milliseconds of the database. */
export interface Issued {
  readonly owner: string
  readonly at: number
}

interface Job extends Omit<StoredJob, 'fresh' | 'schedule'> {
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
}

/** One occurrence. */
export interface JobOccurrence {
  readonly key: string
  readonly name: string
  readonly scheduledFor: number
  readonly missedCount: number
  state: 'waiting' | 'leased' | 'done'
  owner: string | null
  /** How often it was leased, and how often of these its run never began. */
  turn: number
  idle: number
  expires: number
  /** Owners whose leases expired, and who were not heard of since. */
  lapsed: string[]
  outcome: string | null
}

/** A lease with the number that guards against acting for one that somebody else has. */
interface NumberedLease extends Lease {
  readonly turn: number
}

/** The jobs and occurrences of a database. */
export class JobTable {
  readonly jobs = new Map<string, Job>()
  readonly occurrences = new Map<string, JobOccurrence>()

  /** @param leaseMs Milliseconds that a lease lasts */
  constructor(private readonly leaseMs: number) {}

  /** Does a command. Throws for what cannot be done. */
  apply(command: Command, by: Issued): unknown {
    switch (command.op) {
      case 'register':
        return this.register(command.job)
      case 'remove':
        return this.remove(command.name)
      case 'list':
        return this.list(command.open)
      case 'pause':
        return this.pause(command.name, command.paused)
      case 'rewind':
        return this.rewind(command.name, command.watermark)
      case 'offer':
        return this.offer(command.offer, by)
      case 'start':
        return this.start(command.name, command.scheduledFor, by)
      case 'take':
        return this.take(command.name, command.names, by)
      case 'renew':
        return this.renew(command.lease, by)
      case 'release':
        return this.release(command.lease, command.began, by)
      case 'finish':
        return this.finish(command.lease, command.record, by)
    }
  }

  private register({ name, restart, now: _now, ...given }: JobRegistration): StoredJob {
    const known = this.jobs.get(name)
    const fresh = known === undefined || restart || known.recurring !== given.recurring
    if (fresh) {
      if (known !== undefined) this.removeOccurrences(name)
      this.jobs.set(name, { ...given, offered: 0, paused: false, runs: 0, failures: 0, missed: 0 })
    } else {
      known.exclusive = given.exclusive
    }
    const job = this.jobs.get(name)!
    const stored = { ...job, fresh, schedule: known?.schedule ?? null }
    job.schedule = given.schedule
    return stored
  }

  private remove(name: string): boolean {
    this.removeOccurrences(name)
    return this.jobs.delete(name)
  }

  private list(open: boolean): ListedJob[] {
    return [...this.jobs].flatMap(([name, { recurring, schedule, accepted, paused, runs, failures, offered }]) => {
      const isOpen = recurring || offered === 0 || this.of(name).some(({ state }) => state !== 'done')
      if (open && !isOpen) return []
      return [{ name, recurring, schedule, accepted, paused, runs, failures, open: isOpen }]
    })
  }

  private pause(name: string, paused: boolean): void {
    const job = this.jobs.get(name)
    if (job !== undefined) job.paused = paused
  }

  private rewind(name: string, watermark: number): void {
    const job = this.jobs.get(name)
    if (job !== undefined) job.watermark = Math.min(job.watermark, watermark)
  }

  private offer({ name, watermark, occurrences, missed, limit }: Offer, by: Issued): OfferResult {
    const job = this.jobs.get(name)
    // Cancelled by another instance.
    if (job === undefined) return { leases: [], skipped: [], offered: Infinity, moved: false }
    const leases: Lease[] = []
    const skipped: Occurrence[] = []
    let busy = job.exclusive && this.isBusy(name)
    for (const occurrence of occurrences) {
      if (occurrence.scheduledFor <= job.watermark || job.offered >= limit || job.paused) continue
      const left = busy && occurrence.ifBusy === 'skip'
      const added = this.add(name, occurrence, left ? 'done' : busy ? 'waiting' : 'leased', by)
      if (added === null) continue
      job.offered++
      if (left) skipped.push(occurrence)
      else if (!busy) {
        leases.push(leaseOf(added))
        busy = job.exclusive
      }
    }
    const moved = watermark > job.watermark
    if (moved) {
      job.watermark = watermark
      job.missed += missed
    }
    return { leases, skipped, offered: job.offered, moved }
  }

  private start(name: string, scheduledFor: number, by: Issued): Lease | null {
    const job = this.jobs.get(name)
    if (job === undefined) throw new RangeError(`job "${name}" was removed by another instance`)
    if (job.exclusive && this.isBusy(name)) return null
    // An occurrence of the plan may have this name already; a millisecond later there is none, or a second later.
    for (let moment = scheduledFor; ; moment++) {
      const added = this.add(name, { scheduledFor: moment, missedCount: 0 }, 'leased', by)
      if (added !== null) return leaseOf(added)
    }
  }

  private take(name: string | null, names: readonly string[], by: Issued): Lease[] {
    const leases: Lease[] = []
    const wanted = new Set(name === null ? names : names.filter((each) => each === name))
    const open = [...this.occurrences.values()]
      .filter((each) => wanted.has(each.name) && each.state !== 'done')
      .sort((one, other) => one.scheduledFor - other.scheduledFor)
    for (const each of open) {
      if (each.state === 'waiting') {
        if (this.jobs.get(each.name)?.exclusive === true && this.isBusy(each.name)) continue
        if (!this.jobs.has(each.name)) continue
      } else if (name !== null || each.expires > by.at) continue
      else if (each.owner !== by.owner && each.owner !== null) each.lapsed.push(each.owner)
      this.lease(each, by)
      leases.push(leaseOf(each))
    }
    if (name === null) this.alive(by.owner)
    return leases
  }

  private renew(lease: Lease, by: Issued): boolean {
    const held = this.held(lease, by)
    if (held !== null) held.expires = by.at + this.leaseMs
    return held !== null
  }

  private release(lease: Lease, began: boolean, by: Issued): void {
    const held = this.held(lease, by)
    if (held === null) {
      this.alive(by.owner)
      return
    }
    held.state = 'waiting'
    held.owner = null
    if (!began) held.idle++
  }

  private finish(lease: Lease, { outcome }: RunRecord, by: Issued): boolean {
    const held = this.held(lease, by)
    if (held !== null) {
      held.state = 'done'
      held.outcome = outcome
      const job = this.jobs.get(held.name)
      if (job !== undefined) {
        job.runs++
        if (outcome === 'failure') job.failures++
      }
      return true
    }
    const ended = this.occurrences.get(lease.key)
    // Told before, and only the answer was lost.
    if (ended?.state === 'done' && ended.owner === by.owner && ended.turn === turnOf(lease)) return true
    this.alive(by.owner)
    return false
  }

  private add(
    name: string,
    { scheduledFor, missedCount }: Pick<Occurrence, 'scheduledFor' | 'missedCount'>,
    state: JobOccurrence['state'],
    by: Issued,
  ): JobOccurrence | null {
    const key = occurrenceKey(name, scheduledFor)
    if (this.occurrences.has(key)) return null
    const added: JobOccurrence = {
      key,
      name,
      scheduledFor,
      missedCount,
      state,
      owner: null,
      turn: 0,
      idle: 0,
      expires: Infinity,
      lapsed: [],
      outcome: state === 'done' ? 'skipped' : null,
    }
    this.occurrences.set(key, added)
    if (state === 'leased') this.lease(added, by)
    return added
  }

  private lease(occurrence: JobOccurrence, by: Issued): void {
    occurrence.state = 'leased'
    occurrence.owner = by.owner
    occurrence.turn++
    occurrence.expires = by.at + this.leaseMs
  }

  private held(lease: Lease, by: Issued): JobOccurrence | null {
    const found = this.occurrences.get(lease.key)
    return found?.state === 'leased' && found.owner === by.owner && found.turn === turnOf(lease) ? found : null
  }

  /** This owner lives: what it was too late to renew did not lapse by its end. */
  private alive(owner: string): void {
    for (const each of this.occurrences.values())
      if (each.state !== 'done' && each.lapsed.includes(owner)) each.lapsed = each.lapsed.filter((one) => one !== owner)
  }

  private isBusy(name: string): boolean {
    return this.of(name).some(({ state }) => state === 'leased')
  }

  private of(name: string): JobOccurrence[] {
    return [...this.occurrences.values()].filter((each) => each.name === name)
  }

  private removeOccurrences(name: string): void {
    for (const each of this.of(name)) if (each.state !== 'leased') this.occurrences.delete(each.key)
  }
}

function leaseOf({ name, key, scheduledFor, missedCount, turn, idle, lapsed }: JobOccurrence): NumberedLease {
  return { name, key, scheduledFor, missedCount, attempt: turn - idle, lapses: lapsed.length, turn }
}

const turnOf = (lease: Lease): number => (lease as NumberedLease).turn
