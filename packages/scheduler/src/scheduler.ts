/** Long because half of it is what its users read over each member; what the members do is elsewhere. */
import type { Awaitable, Coroutine, EventLoop, Future } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { messageOf } from '@loop/core/lowlevel'
import type { AcceptedJob } from './accepted.ts'
import { accept, readAccepted } from './accepted.ts'
import { Admission, removal } from './admission.ts'
import { Catalog } from './catalog.ts'
import type { JobDefinition } from './definition.ts'
import { checkMilliseconds, checkOptions, defineOnce, defineRecurring, defineType } from './definition.ts'
import {
  DuplicateJobError,
  JobBusyError,
  JobStoreError,
  PastDateError,
  SchedulerClosedError,
  UnfinishedRunsError,
  UnknownJobError,
} from './errors.ts'
import type { SchedulerEventName, SchedulerEvents } from './events.ts'
import { Emitter } from './events.ts'
import { FinishedJobs } from './finished-jobs.ts'
import type { SchedulerHealth } from './health.ts'
import { healthOf } from './health.ts'
import { Job } from './job.ts'
import { MemoryStore } from './memory-store.ts'
import type { JobHandler, OnceOptions, RecurringOptions, SchedulerOptions, TypeOptions } from './options.ts'
import { Planner } from './planner.ts'
import { Poller } from './poller.ts'
import { Runner } from './runner.ts'
import type { JobStatus, StoredJobStatus } from './status.ts'
import { statusOf, storedStatusOf } from './status.ts'
import type { Request, StoreTrouble } from './store-access.ts'
import { StoreAccess } from './store-access.ts'
import type { JobStore, Lease, RunRecord } from './store.ts'
import type { WallClock } from './wall-clock.ts'
import { wallClockOf } from './wall-clock.ts'

/** Kubernetes' grace period. */
const CLOSE_TIMEOUT_MS = 30_000
/** Milliseconds that cancelled runs get to clean up, at least: a connection to be closed. */
const CLEAN_UP_MS = 1000
/** Milliseconds that a store gets for its last answers, and as many to close. */
const LAST_ANSWERS_MS = 500

const OPTIONS = ['loop', 'store', 'clock', 'closeTimeout', 'keepFinished'] as const satisfies (keyof SchedulerOptions)[]

/**
 * Runs jobs at intervals, by cron expression, at dates, and once.
 *
 * ```ts
 * await using scheduler = new AsyncScheduler()
 * scheduler.recurring('report', writeReport, { cron: '0 2 * * *', timeZone: 'Europe/London', retry: 3 })
 * scheduler.recurring('poll', poll, { every: 5_000, timeout: 2_000 })
 * scheduler.once('greet', () => console.log('hello'), { delay: 1_000 })
 * ```
 *
 * A job that fails is reported and runs again at its next time. At the end of the scope no new run starts; those in
 * progress finish, or are cancelled after `closeTimeout`. Throws JobOptionError for options that do not exist.
 */
export class AsyncScheduler implements AsyncDisposable {
  private readonly loop: EventLoop
  private readonly wall: WallClock
  private readonly store: JobStore
  private readonly jobs = new Map<string, Job>()
  /** Jobs that were removed or planned anew while runs of them were in progress. */
  private readonly leaving = new Set<Job>()
  private readonly events: Emitter
  private readonly access: StoreAccess
  private readonly planner: Planner
  private readonly runner: Runner
  private readonly poller: Poller
  private readonly admission: Admission
  private readonly catalog: Catalog
  private readonly finished: FinishedJobs
  private readonly closeTimeout: number
  /** Whether the store is open; an error when it can never be. */
  private opened: boolean | Error = false
  private readyWaiters: Future<undefined>[] = []
  private closing: Future<undefined> | null = null

  constructor(options: SchedulerOptions = {}) {
    checkOptions('AsyncScheduler', options, OPTIONS)
    const loop = (this.loop = options.loop ?? getRunningLoop())
    const wall = (this.wall = options.clock ?? wallClockOf(loop))
    const store = (this.store = options.store ?? new MemoryStore())
    this.closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT_MS
    const report = this.report
    const events = (this.events = new Emitter((exception, event) => {
      report(`a listener of "${event}" threw`, exception)
    }))
    const access = (this.access = new StoreAccess({
      loop,
      store,
      now: () => wall.now(),
      trouble: this.tellTrouble,
      settled: () => {
        this.checkReady()
      },
    }))
    const { jobs, leaving } = this
    const runner = (this.runner = new Runner({
      loop,
      wall,
      store,
      events,
      access,
      report,
      jobs: function* () {
        yield* jobs.values()
        yield* leaving
      },
      afterRun: (job) => {
        if (leaving.size > 0 && job.active.length === 0) leaving.delete(job)
        this.finished.look(job)
        // Planned anew under its name meanwhile, perhaps by this very run.
        this.poller.takeNext(jobs.get(job.name) ?? job)
      },
    }))
    const begin = (job: Job, lease: Lease, asked: number): void => {
      runner.begin(job, lease, asked)
    }
    this.finished = new FinishedJobs(loop, options.keepFinished, (job) => {
      if (jobs.get(job.name) !== job) return
      jobs.delete(job.name)
      if (!store.shared) access.insist(removal(), job.name)
    })
    this.planner = new Planner({
      loop,
      wall,
      events,
      access,
      report,
      begin,
      beginLight: (job, scheduledFor) => {
        runner.beginLight(job, scheduledFor)
      },
      keepsNothing: MemoryStore.isPlain(store),
      jobs: () => jobs.values(),
      finished: (job) => {
        this.finished.look(job)
      },
    })
    this.poller = new Poller({
      loop,
      store,
      access,
      begin,
      giveBack: (lease) => {
        runner.giveBack(lease)
      },
      job: (name) => (this.closing === null ? jobs.get(name) : undefined),
    })
    this.catalog = new Catalog({
      loop,
      store,
      events,
      access,
      report,
      knows: (name) => jobs.has(name),
      adopt: (type, accepted, { name, recurring }) => {
        const define = recurring ? defineRecurring : defineOnce
        const job = new Job(
          define(name, type.handler, { ...type.options, ...accepted.options }, accepted),
          wall.now(),
          false,
          true,
        )
        jobs.set(name, job)
        this.admission.add(job)
      },
    })
    this.admission = new Admission({
      loop,
      store,
      events,
      access,
      planner: this.planner,
      report,
      opened: () => {
        this.opened = true
        access.start()
        this.poller.start()
        this.catalog.start()
        this.checkReady()
      },
      closed: (reason) => {
        this.opened = reason as Error
        this.checkReady()
      },
      forget: (job) => {
        this.forget(job)
      },
      pause: (name) => {
        this.pause(name)
      },
    })
    this.admission.open()
  }

  // ---------------------------------------------------------------- jobs

  /**
   * Adds a job that runs again and again: a function, or the name of a type and `data` for it (see {@link define}).
   * In a shared store a job that is known goes on where it was, on the new schedule (event `changed`); one that was a
   * one-time job before begins anew.
   * Throws DuplicateJobError, JobOptionError, UnknownJobTypeError, CronSyntaxError, UnknownTimeZoneError,
   * PastDateError, NoOccurrenceError, and TypeError for a handler that is no function.
   */
  recurring<T>(name: string, handler: JobHandler<T> | string, options: RecurringOptions): void {
    const definition = this.definitionOf(name, handler, options, defineRecurring)
    if (options.end !== undefined && options.end.getTime() <= this.wall.now())
      throw new PastDateError(name, options.end)
    this.add(definition)
  }

  /**
   * Adds a job that runs once: a function, or the name of a type and `data` for it (see {@link define}). A job that has
   * ended, or runs, may be planned again under its name, by its own handler too.
   * In a shared store the name is used up once it ran: the same call in another process runs nothing again.
   * Throws as {@link recurring} does.
   */
  once<T>(name: string, handler: JobHandler<T> | string, options: OnceOptions): void {
    this.add(this.definitionOf(name, handler, options, defineOnce))
  }

  /**
   * Names a handler, so that jobs can be data: `once(name, type, { data, delay })`. A store that outlives the process
   * keeps them, and any process that defines the type runs them. `options` are defaults for all jobs of the type.
   * Throws JobOptionError when the type is defined already or an option does not exist, TypeError for no function.
   *
   * ```ts
   * scheduler.define('mail', ({ data, signal }) => send(data as Mail, signal), { retry: 5 })
   * scheduler.once(`mail-${id}`, 'mail', { data: { to, text }, delay: 60_000 })
   * ```
   */
  define<T>(type: string, handler: JobHandler<T>, options: TypeOptions = {}): void {
    this.catalog.define(defineType(type, handler, options))
  }

  /**
   * Removes a job and cancels the run in progress, whose `signal` is aborted; its name is free then. False when there
   * is no such job. In a shared store the job is removed for all instances, even if this one never registered it;
   * whether there was such a one is told here if the store answers directly, and by {@link remove} in any case.
   */
  cancel(name: string): boolean {
    let there = this.drop(name)
    if (this.store.shared || there) {
      this.access.insist(
        removal((stored) => {
          there ||= stored
        }),
        name,
      )
    }
    return there
  }

  /** As {@link cancel}, for any job of the store; done once the store has forgotten it. False when there was none. */
  remove(name: string): Future<boolean> {
    const known = this.drop(name)
    const removed = this.loop.createFuture<boolean>()
    this.access.insist(
      removal((stored) => {
        if (!removed.done()) removed.setResult(known || stored)
      }),
      name,
    )
    return removed
  }

  /** Stops planning a job until `resume`; a run in progress goes on. Throws UnknownJobError. */
  pause(name: string): void {
    const job = this.known(name)
    if (job.phase === 'registering') job.pauseAsked = true
    if (job.phase !== 'scheduled') return
    this.planner.drop(job)
    job.phase = 'paused'
    this.access.insist(pausing, { job, paused: true })
  }

  /**
   * Plans a paused job again. What it missed is left out, except that a one-time job runs now. Throws UnknownJobError.
   */
  resume(name: string): void {
    const job = this.known(name)
    job.pauseAsked = false
    if (job.phase !== 'paused') return
    this.access.insist(pausing, { job, paused: false })
    this.planner.resume(job)
  }

  /**
   * Runs a job now, beside its plan, and gives how the run ended; a run that fails is an outcome, not an error.
   * Throws UnknownJobError; the future fails with JobBusyError when the job is running and its runs may not overlap.
   */
  runNow(name: string): Future<RunRecord> {
    const job = this.known(name)
    if (this.closing !== null) throw new SchedulerClosedError()
    const ended = this.loop.createFuture<RunRecord>()
    const fail = (error: unknown): void => {
      if (!ended.done()) ended.setException(error)
    }
    const start = (): void => {
      if (this.closing !== null || job.phase === 'removed') {
        fail(this.closing === null ? new UnknownJobError(name) : new SchedulerClosedError())
        return
      }
      const asked = this.loop.time()
      this.access.ask(
        'start',
        name,
        (store) => store.start(name, Math.round(this.wall.now())),
        (lease) => {
          if (lease === null) fail(new JobBusyError(name))
          else this.runner.begin(job, lease, asked, ended)
        },
        fail,
      )
    }
    if (job.phase === 'registering') (job.starts ??= []).push(start)
    else start()
    return ended
  }

  // ---------------------------------------------------------------- looking

  /** What a job, or every job, is doing and has done. Throws UnknownJobError. */
  status(): JobStatus[]
  status(name: string): JobStatus
  status(name?: string): JobStatus | JobStatus[] {
    const wall = this.wall.now()
    const loop = this.loop.time()
    const of = (job: Job): JobStatus =>
      statusOf(job, wall, loop, this.access.trouble === null ? null : this.access.troubleOf(job.name))
    return name === undefined ? Array.from(this.jobs.values(), of) : of(this.known(name))
  }

  /**
   * The jobs that are in the store, whoever put them there, those that have ended and those that nothing here can run
   * included. Fails with the store's error.
   */
  stored(): Future<StoredJobStatus[]> {
    const listed = this.loop.createFuture<StoredJobStatus[]>()
    const runnable = (name: string, type: string | null): boolean =>
      this.jobs.has(name) || (type !== null && this.catalog.has(type))
    if (this.store.list === undefined) {
      listed.setResult(
        Array.from(this.jobs.values(), (job) => storedStatusOf(listing(job), job.definition.accepted, runnable)),
      )
      return listed
    }
    this.access.ask(
      'list',
      null,
      (store) => store.list!(false),
      (jobs) => {
        const found = jobs.map((job) =>
          storedStatusOf(job, job.accepted === null ? null : readAccepted(job.accepted), runnable),
        )
        if (!listed.done()) listed.setResult(found)
      },
      (error) => {
        if (!listed.done()) listed.setException(error)
      },
    )
    return listed
  }

  /**
   * How the scheduler is, for a readiness probe: whether the store can be reached, when it last answered and stored,
   * which jobs are late, how many leases are held.
   */
  health(): SchedulerHealth {
    const { access, runner, wall, loop, store } = this
    return healthOf({
      open: this.opened === true && this.closing === null,
      store: store.name,
      access,
      jobs: this.jobs.values(),
      leases: runner.leases,
      now: { wall: wall.now(), loop: loop.time() },
    })
  }

  /** The next `count` occurrences of a job. Throws UnknownJobError. */
  preview(name: string, count: number): Date[] {
    const { schedule, next, definition } = this.known(name)
    const dates: Date[] = []
    const shift = schedule?.timeline === 'monotonic' ? this.wall.now() - this.loop.time() : 0
    for (
      let moment = next;
      moment !== null && dates.length < Math.min(count, definition.policy.limit);
      moment = schedule!.next(moment)
    ) {
      dates.push(new Date(Math.round(moment + shift)))
    }
    return dates
  }

  /**
   * Calls `listener` at each event of that name; dispose of what it returns to stop. Throws JobOptionError for another
   * name.
   */
  on<K extends SchedulerEventName>(event: K, listener: (event: SchedulerEvents[K]) => void): Disposable {
    return this.events.on(event, listener)
  }

  /**
   * Done once the store is open and knows every job registered so far, and every removal and pause; at once with a
   * store that answers directly. A store that cannot be reached is waited for: at most `timeout` milliseconds, if
   * given, then it fails with the store's error. Fails with SchedulerClosedError at the end of the scheduler.
   */
  ready(options: { timeout?: number } = {}): Future<undefined> {
    checkOptions('ready()', options, ['timeout'])
    const { timeout } = options
    if (timeout !== undefined) checkMilliseconds('ready()', 'timeout', timeout, 0)
    const ready = this.loop.createFuture<undefined>()
    this.readyWaiters.push(ready)
    this.checkReady()
    if (timeout === undefined || ready.done()) return ready
    const timer = this.loop.callLater(timeout, () => {
      const reason = this.access.trouble?.error
      const late = new JobStoreError(
        `job store "${this.store.name}" was not ready after ${timeout} ms${reason === undefined ? '' : `: ${messageOf(reason)}`}`,
        { cause: reason },
      )
      if (!ready.done()) ready.setException(late)
    })
    ready.addDoneCallback(() => {
      timer.cancel()
    })
    return ready
  }

  // ---------------------------------------------------------------- ending

  /**
   * Ends: no new run starts, those in progress finish or are cancelled after `timeout` milliseconds. In a shared store
   * a run that was cut off waits for the next instance. Takes at most a tenth of `timeout`, and at least a second,
   * longer for clean-up, and a second for the store; what does not end by then is named in a report
   * (UnfinishedRunsError).
   */
  close({ timeout = this.closeTimeout }: { timeout?: number } = {}): Awaitable<void> {
    return coroutine(this.ending(timeout))
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *ending(timeout: number): Coroutine<void> {
    if (this.closing !== null) {
      yield* this.closing
      return
    }
    const closed = (this.closing = this.loop.createFuture<undefined>())
    try {
      this.planner.stop()
      this.poller.stop()
      this.catalog.stop()
      this.admission.stop()
      this.runner.close()
      this.checkReady()
      const cut = this.loop.time() + timeout
      if (!(yield* this.within(this.runner.idle(), cut))) {
        this.runner.cancelAll('close')
        yield* this.within(this.runner.idle(), cut + Math.max(CLEAN_UP_MS, timeout / 10))
      }
      const { trouble } = this.access
      yield* this.within(this.access.quiet(), this.loop.time() + LAST_ANSWERS_MS)
      this.access.end()
      const { running, unstored } = this.runner.abandon()
      if (running.length + unstored.length > 0) {
        this.report('jobs were left behind', new UnfinishedRunsError(running, unstored, { cause: trouble?.error }))
      }
      const storeClosed = this.loop.createFuture<undefined>()
      this.access.ask(
        'close',
        null,
        (store) => store.close(),
        () => {
          storeClosed.setResult(undefined)
        },
        (exception) => {
          this.report('the job store could not be closed', exception)
          storeClosed.setResult(undefined)
        },
      )
      yield* this.within(storeClosed, this.loop.time() + LAST_ANSWERS_MS)
    } finally {
      closed.setResult(undefined)
    }
  }

  /** Waits for a future until a loop time; false when it was not done by then. */
  private *within(future: Future<undefined>, deadline: number): Coroutine<boolean> {
    if (future.done()) return true
    const either = this.loop.createFuture<boolean>()
    const timer = this.loop.callAt(deadline, () => {
      if (!either.done()) either.setResult(false)
    })
    future.addDoneCallback(() => {
      if (!either.done()) either.setResult(true)
    })
    try {
      return yield* either
    } finally {
      timer.cancel()
    }
  }

  // ---------------------------------------------------------------- inside

  private definitionOf<O extends RecurringOptions & OnceOptions, T>(
    name: string,
    handler: JobHandler<T> | string,
    options: O,
    define: (name: string, handler: JobHandler, options: O, accepted: AcceptedJob | null) => JobDefinition,
  ): JobDefinition {
    if (typeof handler !== 'string') return define(name, handler, options, null)
    const type = this.catalog.type(handler)
    const merged = { ...type.options, ...options }
    // Checked first, then taken apart for the store.
    define(name, type.handler, merged, NOTHING_ACCEPTED)
    return define(name, type.handler, merged, accept(name, handler, options))
  }

  private add(definition: JobDefinition): void {
    if (this.closing !== null) throw new SchedulerClosedError()
    const { name, plan } = definition
    const old = this.jobs.get(name)
    if (old !== undefined) {
      if (!replaceable(old, plan.recurring)) throw new DuplicateJobError(name)
      this.leave(old)
    }
    const job = new Job(definition, this.wall.now(), old !== undefined && !(this.store.shared && plan.recurring))
    this.jobs.set(name, job)
    this.admission.add(job)
  }

  /** Takes a job off the plan and the list, and cancels its runs; false when it is not on it. */
  private drop(name: string): boolean {
    this.catalog.forget(name)
    const job = this.jobs.get(name)
    if (job === undefined) return false
    this.leave(job)
    for (const run of job.active) run.cancel('cancel')
    return true
  }

  private leave(job: Job): void {
    this.planner.drop(job)
    this.forget(job)
    if (job.active.length > 0) this.leaving.add(job)
  }

  private forget(job: Job): void {
    if (this.jobs.get(job.name) === job) this.jobs.delete(job.name)
    job.phase = 'removed'
    const { starts } = job
    job.starts = null
    if (starts !== null) for (const start of starts) start()
  }

  private known(name: string): Job {
    const job = this.jobs.get(name)
    if (job === undefined) throw new UnknownJobError(name)
    return job
  }

  private checkReady(): void {
    const { opened } = this
    const settled = opened === true && this.access.settled
    if (this.readyWaiters.length === 0 || (!settled && this.closing === null && !(opened instanceof Error))) return
    for (const waiter of this.readyWaiters.splice(0)) {
      if (waiter.done()) continue
      if (opened instanceof Error) waiter.setException(opened)
      else if (settled) waiter.setResult(undefined)
      else waiter.setException(new SchedulerClosedError())
    }
  }

  private readonly tellTrouble = (trouble: StoreTrouble): void => {
    const { action, name, error, tries } = trouble
    if (this.events.heard('storeError')) this.events.emit('storeError', trouble)
    else if (tries === 1)
      this.report(`the job store failed at "${action}"${name === null ? '' : ` of job "${name}"`}`, error)
  }

  /** To the loop's exception handler; one that throws itself harms nothing here. */
  private readonly report = (message: string, exception: unknown): void => {
    try {
      this.loop.callExceptionHandler({ message, exception })
    } catch {
      // The loop's own handler has said what it could.
    }
  }
}

const NOTHING_ACCEPTED = /* @__PURE__ */ accept('', '', {})

/** Whether a job may be planned anew under its name: when it has ended, or by its own run. */
function replaceable(old: Job, recurring: boolean): boolean {
  const oneTime = !old.definition.plan.recurring
  if (old.phase === 'finished') return oneTime || old.active.length === 0
  return oneTime && !recurring && old.active.length > 0
}

const listing = ({ name, definition, phase, runs, failures }: Job) => ({
  name,
  recurring: definition.plan.recurring,
  schedule: definition.plan.text,
  accepted: definition.accepted?.text ?? null,
  paused: phase === 'paused',
  runs,
  failures,
  open: phase !== 'finished',
})

const pausing: Request<void, { readonly job: Job; readonly paused: boolean }> = {
  action: 'pause',
  ordered: true,
  name: ({ job }) => job.name,
  ask: (store, { job, paused }) => store.pause(job.name, paused),
  answered: () => {},
  wanted: ({ job }) => job.phase !== 'removed',
}
