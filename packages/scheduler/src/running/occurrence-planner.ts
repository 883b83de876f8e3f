/**
 * Decides when jobs run: keeps each one's next occurrence in the agenda, and offers what is due to the store.
 *
 *     agenda ── due ──> one occurrence, or several to catch up ── offer ──> store ── leases ──> dispatcher
 *        ▲                                                                     │
 *        └─────────────────────────────── next occurrence <────────────────────┘
 *
 * Long because the steps from what is due to the next occurrence are read together.
 */
import { Agenda } from '../schedule/agenda.ts'
import type { CatchUp } from '../schedule/catch-up.ts'
import { ON_TIME_MS, decideCatchUp } from '../schedule/catch-up.ts'
import { NoOccurrenceError, PastDateError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { jitterOfJob } from '../jobs/job.ts'
import type { Moment } from '../schedule/schedule.ts'
import { IntervalSchedule } from '../schedule/schedule.ts'
import type { Request } from '../store/store-access.ts'
import type { Occurrence, OfferResult, StoredJob } from '../store/store.ts'
import type { ClockJump } from '../base/wall-clock.ts'
import { ClockWatch } from '../base/wall-clock.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { SchedulerContext } from './context.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { FinishedJobs } from './finished-jobs.ts'
import { rewinding } from './requests.ts'

/**
 * A wall clock set back by more is a correction: jobs follow the new time at once. Set back by less, they wait until
 * the clock reaches what has not run yet, so that nothing runs twice. Vixie cron's three hours.
 */
const HOLD_MS = 3 * 3_600_000
/**
 * Milliseconds until a schedule that could not be computed (a function of the user's threw) is asked again; doubled
 * each time.
 */
const PLAN_AGAIN_MS = 1000
/** The longest such wait: a minute, cron's resolution. */
const LONGEST_PLAN_AGAIN_MS = 60_000

/** What is due of a job, on its way to the store. */
interface Offering {
  readonly job: Job
  /** The oldest occurrence that was due, and what was decided; null when it was the only one, and on time. */
  readonly first: number
  readonly catchUp: CatchUp | null
  /** The occurrence after it, when it is known already. */
  readonly follow: number | null
  readonly occurrences: readonly Occurrence[]
  readonly watermark: number
  /** Loop time at which the store was last asked. */
  asked: number
}

/** See the top of the file. */
export class OccurrencePlanner {
  private readonly agenda: Agenda<Job>
  private readonly watch: ClockWatch
  /** Whether the store keeps nothing that anybody could ask for later. */
  private readonly keepsNothing: boolean

  constructor(
    private readonly context: SchedulerContext,
    private readonly dispatcher: Dispatcher,
    private readonly finished: FinishedJobs,
  ) {
    const { loop, wall } = context
    this.keepsNothing = MemoryStore.isPlain(context.store)
    this.watch = new ClockWatch(wall, loop.time())
    this.agenda = new Agenda<Job>(
      loop,
      wall,
      (now, expected) => {
        const jump = this.watch.look(now, expected)
        if (jump !== null) this.jumped(jump)
      },
      (job, now) => {
        if (job.light && this.fireLight(job, now)) return
        this.guarded(job, () => {
          this.fire(job, now)
        })
      },
    )
  }

  /**
   * Takes a job in, with what the store knows of it. `shared` jobs count intervals on the wall clock, because instances
   * and restarts have no other clock in common. Throws PastDateError and NoOccurrenceError for a new job that cannot
   * run.
   */
  admit(job: Job, stored: StoredJob, shared: boolean): void {
    const now = this.reading()
    const { definition } = job
    const schedule = definition.trigger.schedule(shared ? 'wall' : 'monotonic', now, stored.anchor)
    const ahead = stored.watermark > now.wall + HOLD_MS
    if (ahead) this.rewind(job, now.wall)
    const watermark = ahead ? now.wall : stored.watermark
    const after = schedule.timeline === 'wall' ? watermark : watermark - now.wall + now.loop
    const next = schedule.next(after)
    if (stored.fresh && next === null) {
      const { dated } = definition.trigger
      if (dated !== null) throw new PastDateError(job.name, new Date(dated))
      throw new NoOccurrenceError(job.name)
    }
    job.schedule = schedule
    job.named = watermark
    job.light = this.keepsNothing && needsNoRecord(job)
    job.runs = stored.runs
    job.failures = stored.failures
    job.missed = stored.missed
    job.next = stored.offered >= definition.policy.limit ? null : next
    job.phase = stored.paused ? 'paused' : 'scheduled'
    if (!stored.paused) this.arm(job)
  }

  /** Takes a job out of the plan. */
  drop(job: Job): void {
    if (job.entry !== null) this.agenda.remove(job.entry)
    job.entry = null
    job.offering = null
  }

  /** Puts a job back into the plan; what it missed meanwhile is left out, except for a one-time job. */
  resume(job: Job): void {
    const { next, schedule, definition } = job
    job.phase = 'scheduled'
    const reading = this.reading()
    const now = reading[CLOCK[schedule!.timeline]]
    if (next === null || next > now || !definition.trigger.recurring) this.arm(job)
    else {
      this.guarded(job, () => {
        this.offer(job, decideCatchUp(schedule!, next, now, 'skip', 0, -1), reading)
      })
    }
  }

  /** Ends planning. */
  stop(): void {
    this.agenda.stop()
  }

  /** What goes wrong with one job's plan, a function of the user's for instance, is that job's trouble alone. */
  private guarded(job: Job, step: () => void): void {
    try {
      step()
      job.planFailures = 0
    } catch (exception) {
      this.context.report(`it could not be computed when job "${job.name}" runs; it is tried again`, exception)
      if (job.phase !== 'scheduled' || job.entry !== null) return
      const wait = Math.min(PLAN_AGAIN_MS * 2 ** job.planFailures++, LONGEST_PLAN_AGAIN_MS)
      job.entry = this.agenda.add(job, 'monotonic', this.context.loop.time() + wait)
    }
  }

  /** The shortest way from an interval to its next one; false when something is out of the ordinary. */
  private fireLight(job: Job, reading: Moment): boolean {
    const first = job.next!
    const { loop } = reading
    const follow = job.schedule!.next(first)!
    if (
      follow <= loop ||
      loop - first > ON_TIME_MS ||
      job.isAsync ||
      job.active.length > 0 ||
      this.context.events.runsAreHeard
    )
      return false
    job.next = follow
    this.agenda.again(job.entry!, follow)
    this.dispatcher.batch.addLight(job, epochOf(job, first, reading))
    return true
  }

  private fire(job: Job, reading: Moment): void {
    const { definition, schedule } = job
    const first = job.next!
    job.entry = null
    // What is due is what would have started by now, were there no jitter.
    const now = reading[CLOCK[schedule!.timeline]] - jitterOfJob(job)
    const follow = schedule!.next(first)
    if ((follow === null || follow > now) && now - first <= definition.trigger.onTime) {
      const ifBusy = definition.policy.overlap === 'skip' && definition.trigger.recurring ? 'skip' : 'wait'
      const occurrence = { scheduledFor: epochOf(job, first, reading), missedCount: 0, ifBusy } as const
      this.send({
        job,
        first,
        catchUp: null,
        follow,
        occurrences: [occurrence],
        watermark: occurrence.scheduledFor,
        asked: 0,
      })
      return
    }
    this.offer(
      job,
      decideCatchUp(schedule!, first, now, definition.missed, definition.policy.window, definition.trigger.onTime),
      reading,
    )
  }

  private offer(job: Job, catchUp: CatchUp, reading: Moment): void {
    const { policy, trigger } = job.definition
    const { runs, merged, newest } = catchUp
    const ifBusy = runs.length > 1 || policy.overlap !== 'skip' || !trigger.recurring ? 'wait' : 'skip'
    const last = runs.length - 1
    const occurrences = runs.map((moment, i): Occurrence => ({
      scheduledFor: epochOf(job, moment, reading),
      missedCount: i === last ? merged : 0,
      ifBusy,
    }))
    const watermark = occurrences.at(-1)?.scheduledFor ?? epochOf(job, newest, reading)
    this.send({ job, first: job.next!, catchUp, follow: null, occurrences, watermark, asked: 0 })
  }

  private send(offering: Offering): void {
    offering.job.offering = offering
    this.context.access.askUntilDone(this.offers, offering)
  }

  /** Repeated word for word: the store may have taken it, and only its answer was lost. */
  private readonly offers: Request<OfferResult, Offering> = {
    action: 'offer',
    ordered: false,
    name: ({ job }) => job.name,
    ask: (store, offering) => {
      const { job, catchUp, occurrences, watermark } = offering
      if (store.renewMs !== null) offering.asked = this.context.loop.time()
      return store.offer({
        name: job.name,
        watermark,
        occurrences,
        missed: catchUp?.skipped ?? 0,
        limit: job.definition.policy.limit,
      })
    },
    answered: (result, offering) => {
      this.offered(result, offering)
    },
    wanted: (offering) => offering.job.offering === offering,
  }

  private offered(result: OfferResult, offering: Offering): void {
    const { job, first, catchUp, occurrences, asked } = offering
    const { leases, moved } = result
    for (const lease of leases) this.dispatcher.begin(job, lease, asked)
    if (occurrences.length > leases.length) {
      job.queued = true
      this.emitOverlap(job, result)
    }
    if (moved && catchUp !== null) this.emitMissed(job, first, catchUp)
    // Paused, cancelled or planned anew while the store was asked.
    if (job.offering !== offering) return
    job.offering = null
    this.guarded(job, () => {
      this.follow(job, result, offering)
    })
  }

  /** Goes on to the occurrence after those that were offered. */
  private follow(job: Job, { offered }: OfferResult, { first, catchUp, follow }: Offering): void {
    const newest = catchUp === null ? first : catchUp.newest
    if (offered >= job.definition.policy.limit) job.next = null
    // A clock that was corrected while the store was asked: what was next then is far away now.
    else if (newest > this.now(job) + HOLD_MS) job.next = job.schedule!.next(this.now(job))
    else job.next = follow ?? job.schedule!.next(newest)
    if (job.phase === 'scheduled') this.arm(job)
  }

  private emitOverlap(job: Job, { leases, skipped }: OfferResult): void {
    const { events } = this.context
    const { name, definition } = job
    for (const { scheduledFor } of skipped) {
      events.emit('overlap', { name, scheduledFor: new Date(scheduledFor), action: 'skipped' })
    }
    if (skipped.length > 0 || leases.length > 0 || job.active.length === 0) return
    const replace = definition.policy.overlap === 'replace'
    events.emit('overlap', { name, scheduledFor: new Date(job.named), action: replace ? 'replaced' : 'queued' })
    if (replace) for (const run of job.active) run.cancel('replace')
  }

  private emitMissed(job: Job, first: number, { runs, merged, skipped, newest }: CatchUp): void {
    const { name } = job
    job.missed += skipped
    const caughtUp = runs.length > 1 ? runs.length : 0
    if (skipped + merged + caughtUp === 0) return
    const reading = this.reading()
    const at = (moment: number): Date => new Date(job.schedule!.timeline === 'wall' ? moment : labelOf(moment, reading))
    const span = { first: at(first), last: at(newest) }
    const { events } = this.context
    if (skipped > 0) events.emit('missed', { name, count: skipped, ...span, action: 'skipped' })
    if (merged > 0) events.emit('missed', { name, count: merged, ...span, action: 'merged' })
    if (caughtUp > 0) events.emit('missed', { name, count: caughtUp, ...span, action: 'caughtUp' })
  }

  private arm(job: Job): void {
    if (job.next === null) {
      job.phase = 'finished'
      this.finished.note(job)
      return
    }
    job.entry = this.agenda.add(job, job.schedule!.timeline, job.next + jitterOfJob(job))
  }

  private jumped(jump: ClockJump): void {
    this.context.events.emit('clockJump', jump)
    if (jump.kind !== 'backward') return
    const now = jump.at.getTime()
    for (const job of this.context.jobs.values()) {
      if (job.schedule === null) continue
      if (job.schedule.timeline === 'monotonic') this.rewind(job, now)
      else if (jump.by > HOLD_MS) this.replan(job, now)
    }
  }

  /** Goes on from `now`, after the wall clock was corrected. */
  private replan(job: Job, now: number): void {
    this.rewind(job, now)
    if (job.entry === null) return
    this.drop(job)
    this.guarded(job, () => {
      job.next = job.schedule!.next(now)
      this.arm(job)
    })
  }

  private rewind(job: Job, watermark: number): void {
    job.named = watermark
    this.context.access.askUntilDone(rewinding, { job, watermark })
  }

  private now(job: Job): number {
    return job.schedule!.timeline === 'wall' ? this.context.wall.now() : this.context.loop.time()
  }

  private reading(): Moment {
    return { wall: this.context.wall.now(), loop: this.context.loop.time() }
  }
}

/**
 * Whether a job is so plain that its runs need no occurrence, task or lease of their own: an interval, and nothing
 * besides.
 */
function needsNoRecord({ definition, schedule, isAsync }: Job): boolean {
  const { limit, jitter, overlap } = definition.policy
  return (
    schedule instanceof IntervalSchedule &&
    schedule.timeline === 'monotonic' &&
    !isAsync &&
    limit === Infinity &&
    jitter === 0 &&
    overlap === 'skip'
  )
}

/** Which clock a timeline follows. */
const CLOCK = { monotonic: 'loop', wall: 'wall' } as const

/** The epoch milliseconds that name an occurrence. */
function epochOf(job: Job, moment: number, reading: Moment): number {
  // Rounding, or a clock that was slowed, must not give two occurrences one name, nor one that the store has dealt
  // with.
  const epoch = job.schedule!.timeline === 'wall' ? moment : Math.max(labelOf(moment, reading), job.named + 1)
  job.named = epoch
  return epoch
}

/** What the wall clock shows at a loop time. */
const labelOf = (moment: number, { wall, loop }: Moment): number => Math.round(wall - loop + moment)
