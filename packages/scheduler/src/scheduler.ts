/** Long because half of it is what its users read over each member; what the members do is elsewhere. */
import type { Awaitable, Coroutine, Future } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { messageOf } from '@loop/core/lowlevel'
import { checkMilliseconds, checkOptions } from './base/check-options.ts'
import { wallClockOf } from './base/wall-clock.ts'
import {
  JobBusyError,
  JobStoreError,
  PastDateError,
  SchedulerClosedError,
  UnfinishedRunsError,
  UnknownJobError,
} from './errors.ts'
import type { AcceptedJob } from './jobs/accepted.ts'
import { accept, readAccepted } from './jobs/accepted.ts'
import type { JobDefinition } from './jobs/definition.ts'
import { defineOnce, defineRecurring, defineType } from './jobs/definition.ts'
import type { Job } from './jobs/job.ts'
import type { JobStatus, StoredJobStatus } from './jobs/status.ts'
import { statusOf, storedStatusOf } from './jobs/status.ts'
import type { JobHandler, OnceOptions, RecurringOptions, SchedulerOptions, TypeOptions } from './options.ts'
import type { SchedulerContext } from './running/context.ts'
import { Dispatcher } from './running/dispatcher.ts'
import type { SchedulerEventName, SchedulerEvents } from './running/events.ts'
import { Emitter } from './running/events.ts'
import { FinishedJobs } from './running/finished-jobs.ts'
import type { SchedulerHealth } from './running/health.ts'
import { healthOf } from './running/health.ts'
import { JobRegistry } from './running/job-registry.ts'
import { JobTypes } from './running/job-types.ts'
import { OccurrencePlanner } from './running/occurrence-planner.ts'
import { removal } from './running/requests.ts'
import { MemoryStore } from './store/memory-store.ts'
import type { StoreTrouble } from './store/store-access.ts'
import { StoreAccess } from './store/store-access.ts'
import type { RunRecord } from './store/store.ts'

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
  private readonly context: SchedulerContext
  private readonly dispatcher: Dispatcher
  private readonly planner: OccurrencePlanner
  private readonly registry: JobRegistry
  private readonly types: JobTypes
  private readonly closeTimeout: number
  /** Whether the store is open; an error when it can never be. */
  private opened: boolean | Error = false
  private readyWaiters: Future<undefined>[] = []
  private closing: Future<undefined> | null = null

  constructor(options: SchedulerOptions = {}) {
    checkOptions('AsyncScheduler', options, OPTIONS)
    const { loop = getRunningLoop(), store = new MemoryStore() } = options
    const wall = options.clock ?? wallClockOf(loop)
    this.closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT_MS
    checkTimeout('AsyncScheduler', 'closeTimeout', this.closeTimeout)
    const { report } = this
    const events = new Emitter((exception, event) => {
      report(`a listener of "${event}" threw`, exception)
    })
    const access = new StoreAccess(loop, store, wall, {
      failed: (trouble) => {
        this.reportTrouble(trouble)
      },
      settled: () => {
        this.checkReady()
      },
    })
    const context = { loop, wall, store, access, events, report, jobs: new Map<string, Job>(), leaving: new Set<Job>() }
    this.context = context
    const finished = new FinishedJobs(context, options.keepFinished)
    this.dispatcher = new Dispatcher(context, finished)
    this.planner = new OccurrencePlanner(context, this.dispatcher, finished)
    this.registry = new JobRegistry(context, this.planner, (failure) => {
      this.opened = failure ?? true
      if (failure === null) {
        access.start()
        this.dispatcher.startPolling()
        this.types.start()
      }
      this.checkReady()
    })
    this.types = new JobTypes(context, this.registry)
    this.registry.open()
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
    if (options.end !== undefined && options.end.getTime() <= this.context.wall.now())
      throw new PastDateError(name, options.end)
    this.registry.add(definition)
  }

  /**
   * Adds a job that runs once: a function, or the name of a type and `data` for it (see {@link define}). A job that has
   * ended, or runs, may be planned again under its name, by its own handler too.
   * In a shared store the name is used up once it ran: the same call in another process runs nothing again.
   * Throws as {@link recurring} does.
   */
  once<T>(name: string, handler: JobHandler<T> | string, options: OnceOptions): void {
    this.registry.add(this.definitionOf(name, handler, options, defineOnce))
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
    this.types.define(defineType(type, handler, options))
  }

  /**
   * Removes a job and cancels the run in progress, whose `signal` is aborted; its name is free then. False when there
   * is no such job. In a shared store the job is removed for all instances, even if this one never registered it;
   * the result says whether there was one if the store answers directly; {@link remove} says it in any case.
   */
  cancel(name: string): boolean {
    let there = this.drop(name)
    const { store, access } = this.context
    if (store.shared || there) {
      access.askUntilDone(
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
    const removed = this.context.loop.createFuture<boolean>()
    this.context.access.askUntilDone(
      removal((stored) => {
        if (!removed.done()) removed.setResult(known || stored)
      }),
      name,
    )
    return removed
  }

  /** Stops planning a job until `resume`; a run in progress goes on. Throws UnknownJobError. */
  pause(name: string): void {
    this.registry.pause(name)
  }

  /**
   * Plans a paused job again. What it missed is left out, except that a one-time job runs now. Throws UnknownJobError.
   */
  resume(name: string): void {
    this.registry.resume(name)
  }

  /**
   * Runs a job now, beside its plan, and gives how the run ended; a run that fails is an outcome, not an error.
   * Throws UnknownJobError; the future fails with JobBusyError when the job is running and its runs may not overlap.
   */
  runNow(name: string): Future<RunRecord> {
    const job = this.registry.get(name)
    if (this.closing !== null) throw new SchedulerClosedError()
    const { loop, wall, access } = this.context
    const ended = loop.createFuture<RunRecord>()
    const fail = (error: unknown): void => {
      if (!ended.done()) ended.setException(error)
    }
    const start = (): void => {
      if (this.closing !== null || job.phase === 'removed') {
        fail(this.closing === null ? new UnknownJobError(name) : new SchedulerClosedError())
        return
      }
      const asked = loop.time()
      access.ask(
        'start',
        name,
        (store) => store.start(name, Math.round(wall.now())),
        (lease) => {
          if (lease === null) fail(new JobBusyError(name))
          else this.dispatcher.begin(job, lease, asked, ended)
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
    const { loop, wall, access, jobs } = this.context
    const now = { wall: wall.now(), loop: loop.time() }
    const of = (job: Job): JobStatus => statusOf(job, now, access.trouble === null ? null : access.troubleOf(job.name))
    return name === undefined ? Array.from(jobs.values(), of) : of(this.registry.get(name))
  }

  /**
   * The jobs that are in the store, whoever put them there, those that have ended and those that nothing here can run
   * included. Fails with the store's error.
   */
  stored(): Future<StoredJobStatus[]> {
    const { loop, store, access, jobs } = this.context
    const listed = loop.createFuture<StoredJobStatus[]>()
    const runnable = (name: string, type: string | null): boolean =>
      jobs.has(name) || (type !== null && this.types.has(type))
    if (store.list === undefined) {
      listed.setResult(
        Array.from(jobs.values(), (job) => storedStatusOf(listing(job), job.definition.accepted, runnable)),
      )
      return listed
    }
    access.ask(
      'list',
      null,
      () => store.list!(false),
      (rows) => {
        const found = rows.map((job) =>
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
    const { access, wall, loop, store, jobs } = this.context
    return healthOf({
      open: this.opened === true && this.closing === null,
      store: store.name,
      access,
      jobs: jobs.values(),
      leases: this.dispatcher.leases,
      now: { wall: wall.now(), loop: loop.time() },
    })
  }

  /** The next `count` occurrences of a job. Throws UnknownJobError. */
  preview(name: string, count: number): Date[] {
    const { schedule, next, definition } = this.registry.get(name)
    const dates: Date[] = []
    const shift = schedule?.timeline === 'monotonic' ? this.context.wall.now() - this.context.loop.time() : 0
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
    return this.context.events.on(event, listener)
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
    const { loop, store, access } = this.context
    const ready = loop.createFuture<undefined>()
    this.readyWaiters.push(ready)
    this.checkReady()
    if (timeout === undefined || ready.done()) return ready
    const timer = loop.callLater(timeout, () => {
      const reason = access.trouble?.error
      const late = new JobStoreError(
        `job store "${store.name}" was not ready after ${timeout} ms${reason === undefined ? '' : `: ${messageOf(reason)}`}`,
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
   * (UnfinishedRunsError). Throws JobOptionError for a timeout that is no time.
   */
  close(options: { timeout?: number } = {}): Awaitable<void> {
    checkOptions('close()', options, ['timeout'])
    const { timeout = this.closeTimeout } = options
    checkTimeout('close()', 'timeout', timeout)
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
    const { loop, access, report } = this.context
    const closed = (this.closing = loop.createFuture<undefined>())
    try {
      this.planner.stop()
      this.types.stop()
      this.registry.stop()
      this.dispatcher.close()
      this.checkReady()
      const cut = loop.time() + timeout
      if (!(yield* this.within(this.dispatcher.idle(), cut))) {
        this.dispatcher.cancelAll('close')
        yield* this.within(this.dispatcher.idle(), cut + Math.max(CLEAN_UP_MS, timeout / 10))
      }
      const { trouble } = access
      yield* this.within(access.quiet(), loop.time() + LAST_ANSWERS_MS)
      access.end()
      const { running, unstored } = this.dispatcher.abandon()
      if (running.length + unstored.length > 0) {
        report('jobs were left behind', new UnfinishedRunsError(running, unstored, { cause: trouble?.error }))
      }
      const storeClosed = loop.createFuture<undefined>()
      access.ask(
        'close',
        null,
        (store) => store.close(),
        () => {
          storeClosed.setResult(undefined)
        },
        (exception) => {
          report('the job store could not be closed', exception)
          storeClosed.setResult(undefined)
        },
      )
      yield* this.within(storeClosed, loop.time() + LAST_ANSWERS_MS)
    } finally {
      closed.setResult(undefined)
    }
  }

  /** Waits for a future until a loop time; false when it was not done by then. */
  private *within(future: Future<undefined>, deadline: number): Coroutine<boolean> {
    if (future.done()) return true
    const { loop } = this.context
    const either = loop.createFuture<boolean>()
    const timer = loop.callAt(deadline, () => {
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
    const type = this.types.type(handler)
    const merged = { ...type.options, ...options }
    // Checked first, then taken apart for the store.
    define(name, type.handler, merged, NOTHING_ACCEPTED)
    return define(name, type.handler, merged, accept(name, handler, options))
  }

  /** Takes a job off the list, for good; false when it is not on it. */
  private drop(name: string): boolean {
    this.types.forget(name)
    return this.registry.remove(name)
  }

  private checkReady(): void {
    const { opened } = this
    const settled = opened === true && this.context.access.settled
    if (this.readyWaiters.length === 0 || (!settled && this.closing === null && !(opened instanceof Error))) return
    for (const waiter of this.readyWaiters.splice(0)) {
      if (waiter.done()) continue
      if (opened instanceof Error) waiter.setException(opened)
      else if (settled) waiter.setResult(undefined)
      else waiter.setException(new SchedulerClosedError())
    }
  }

  private reportTrouble(trouble: StoreTrouble): void {
    const { action, name, error, tries } = trouble
    const { events, report } = this.context
    if (events.heard('storeError')) events.emit('storeError', trouble)
    else if (tries === 1)
      report(`the job store failed at "${action}"${name === null ? '' : ` of job "${name}"`}`, error)
  }

  /** To the loop's exception handler; one that throws itself harms nothing here. */
  private readonly report = (message: string, exception: unknown): void => {
    try {
      this.context.loop.callExceptionHandler({ message, exception })
    } catch {
      // The loop's own handler has said what it could.
    }
  }
}

/** Infinity waits for as long as it takes. */
function checkTimeout(whose: string, option: string, value: number): void {
  if (value !== Infinity) checkMilliseconds(whose, option, value, 0)
}

const NOTHING_ACCEPTED = /* @__PURE__ */ accept('', '', {})

const listing = ({ name, definition, phase, runs, failures }: Job) => ({
  name,
  recurring: definition.trigger.recurring,
  schedule: definition.trigger.text,
  accepted: definition.accepted?.text ?? null,
  paused: phase === 'paused',
  runs,
  failures,
  open: phase !== 'finished',
})
