import type { Awaitable, Coroutine, EventLoop, Future } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { Admission } from './admission.ts'
import type { JobDefinition } from './definition.ts'
import { defineOnce, defineRecurring } from './definition.ts'
import { DuplicateJobError, JobBusyError, PastDateError, SchedulerClosedError, UnknownJobError } from './errors.ts'
import type { SchedulerEventName, SchedulerEvents } from './events.ts'
import { Emitter } from './events.ts'
import { Job } from './job.ts'
import { MemoryStore } from './memory-store.ts'
import type { JobHandler, OnceOptions, RecurringOptions, SchedulerOptions } from './options.ts'
import { Planner } from './planner.ts'
import { Poller } from './poller.ts'
import { Runner } from './runner.ts'
import type { JobStatus } from './status.ts'
import { statusOf } from './status.ts'
import { StoreAccess } from './store-access.ts'
import type { JobStore, Lease, RunRecord } from './store.ts'
import type { WallClock } from './wall-clock.ts'
import { systemWallClock } from './wall-clock.ts'

/** Kubernetes' grace period. */
const CLOSE_TIMEOUT_MS = 30_000

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
 * progress finish, or are cancelled after `closeTimeout`.
 */
export class AsyncScheduler implements AsyncDisposable {
  private readonly loop: EventLoop
  private readonly wall: WallClock
  private readonly store: JobStore
  private readonly jobs = new Map<string, Job>()
  private readonly events: Emitter
  private readonly access: StoreAccess
  private readonly planner: Planner
  private readonly runner: Runner
  private readonly poller: Poller
  private readonly admission: Admission
  private readonly closeTimeout: number
  private closing = false

  constructor(options: SchedulerOptions = {}) {
    const loop = (this.loop = options.loop ?? getRunningLoop())
    const wall = (this.wall = options.clock ?? systemWallClock)
    const store = (this.store = options.store ?? new MemoryStore())
    this.closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT_MS
    const report = (message: string, exception: unknown): void => {
      loop.callExceptionHandler({ message, exception })
    }
    const events = (this.events = new Emitter((exception, event) => {
      report(`a listener of "${event}" threw`, exception)
    }))
    const access = (this.access = new StoreAccess(loop, store))
    const runner = (this.runner = new Runner({ loop, wall, store, events }, access, () => this.jobs.values(), (job) => {
      this.poller.takeNext(job)
    }))
    const { jobs } = this
    const begin = (job: Job, lease: Lease): void => {
      runner.begin(job, lease)
    }
    this.planner = new Planner({
      loop,
      wall,
      events,
      access,
      report,
      begin,
      jobs: () => jobs.values(),
    })
    this.poller = new Poller({ loop, store, access, begin, job: (name) => (this.closing ? undefined : jobs.get(name)) })
    this.admission = new Admission({
      loop,
      wall,
      store,
      access,
      planner: this.planner,
      opened: () => {
        this.poller.start()
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
   * Adds a job that runs again and again.
   * Throws DuplicateJobError, JobOptionError, CronSyntaxError, UnknownTimeZoneError, PastDateError, NoOccurrenceError, and
   * TypeError for a handler that is no function.
   */
  recurring<T>(name: string, handler: JobHandler<T>, options: RecurringOptions): void {
    const definition = defineRecurring(name, handler, options)
    if (options.end !== undefined && options.end.getTime() <= this.wall.now()) throw new PastDateError(name, options.end)
    this.add(definition)
  }

  /** Adds a job that runs once. Throws as {@link recurring} does. */
  once<T>(name: string, handler: JobHandler<T>, options: OnceOptions): void {
    this.add(defineOnce(name, handler, options))
  }

  /**
   * Removes a job and cancels the run in progress, whose `signal` is aborted. False when there is no such job.
   * In a shared store the job is removed for all instances; runs in other processes go on.
   */
  cancel(name: string): boolean {
    const job = this.jobs.get(name)
    if (job === undefined) return false
    this.planner.drop(job)
    this.forget(job)
    for (const run of job.active) run.cancel('cancel')
    this.tell(name, 'could not be removed', (store) => store.remove(name))
    return true
  }

  /** Stops planning a job until `resume`; a run in progress goes on. Throws UnknownJobError. */
  pause(name: string): void {
    const job = this.known(name)
    if (job.phase === 'registering') job.pauseAsked = true
    if (job.phase !== 'scheduled') return
    this.planner.drop(job)
    job.phase = 'paused'
    this.tell(name, 'could not be paused', (store) => store.pause(name, true))
  }

  /** Plans a paused job again. What it missed is left out, except that a one-time job runs now. Throws UnknownJobError. */
  resume(name: string): void {
    const job = this.known(name)
    job.pauseAsked = false
    if (job.phase !== 'paused') return
    this.tell(name, 'could not be resumed', (store) => store.pause(name, false))
    this.planner.resume(job)
  }

  /**
   * Runs a job now, beside its plan, and gives how the run ended; a run that fails is an outcome, not an error.
   * Throws UnknownJobError; the future fails with JobBusyError when the job is running and its runs may not overlap.
   */
  runNow(name: string): Future<RunRecord> {
    const job = this.known(name)
    if (this.closing) throw new SchedulerClosedError()
    const ended = this.loop.createFuture<RunRecord>()
    const start = (): void => {
      this.access.ask(
        (store) => store.start(name, Math.round(this.wall.now())),
        (lease) => {
          if (lease === null) ended.setException(new JobBusyError(name))
          else this.runner.begin(job, lease, ended)
        },
        (error) => {
          ended.setException(error)
        },
      )
    }
    if (job.phase === 'registering') this.ready().addDoneCallback(start)
    else start()
    return ended
  }

  /** What a job, or every job, is doing and has done. Throws UnknownJobError. */
  status(): JobStatus[]
  status(name: string): JobStatus
  status(name?: string): JobStatus | JobStatus[] {
    const wall = this.wall.now()
    const loop = this.loop.time()
    if (name !== undefined) return statusOf(this.known(name), wall, loop)
    return Array.from(this.jobs.values(), (job) => statusOf(job, wall, loop))
  }

  /** The next `count` occurrences of a job. Throws UnknownJobError. */
  preview(name: string, count: number): Date[] {
    const { schedule, next, definition } = this.known(name)
    const dates: Date[] = []
    const shift = schedule?.timeline === 'monotonic' ? this.wall.now() - this.loop.time() : 0
    for (let moment = next; moment !== null && dates.length < Math.min(count, definition.policy.limit); moment = schedule!.next(moment)) {
      dates.push(new Date(Math.round(moment + shift)))
    }
    return dates
  }

  /** Calls `listener` at each event of that name; dispose of what it returns to stop. */
  on<K extends SchedulerEventName>(event: K, listener: (event: SchedulerEvents[K]) => void): Disposable {
    return this.events.on(event, listener)
  }

  /** Done once the store is open and has answered everything asked so far; at once with a store that answers directly. */
  ready(): Future<undefined> {
    return this.access.quiet()
  }

  // ---------------------------------------------------------------- ending

  /**
   * Ends: no new run starts, those in progress finish or are cancelled after `timeout` milliseconds. In a shared store a
   * run that was cut off waits for the next instance.
   */
  close({ timeout = this.closeTimeout }: { timeout?: number } = {}): Awaitable<void> {
    return coroutine(this.ending(timeout))
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *ending(timeout: number): Coroutine<void> {
    if (this.closing) return
    this.closing = true
    this.planner.stop()
    this.poller.stop()
    // Offers that are under way may still start runs.
    yield* this.access.quiet()
    const deadline = this.loop.callLater(timeout, () => {
      this.runner.cancelAll('close')
    })
    yield* this.runner.idle()
    deadline.cancel()
    yield* this.access.quiet()
    this.tell('', 'could not be closed', (store) => store.close())
    yield* this.access.quiet()
  }

  // ---------------------------------------------------------------- inside

  private add(definition: JobDefinition): void {
    if (this.closing) throw new SchedulerClosedError()
    const { name } = definition
    const old = this.jobs.get(name)
    if (old !== undefined && (old.phase !== 'finished' || old.active.length > 0)) throw new DuplicateJobError(name)
    const job = new Job(definition)
    this.jobs.set(name, job)
    if (old !== undefined && !this.store.shared) this.tell(name, 'could not be replaced', (store) => store.remove(name))
    this.admission.add(job)
  }

  private forget(job: Job): void {
    this.jobs.delete(job.name)
    job.phase = 'removed'
  }

  private known(name: string): Job {
    const job = this.jobs.get(name)
    if (job === undefined) throw new UnknownJobError(name)
    return job
  }

  /** Tells the store something that has no answer. */
  private tell(name: string, what: string, action: (store: JobStore) => void | PromiseLike<void>): void {
    this.access.ask(action, () => {}, (exception) => {
      this.loop.callExceptionHandler({ message: name === '' ? `the job store ${what}` : `job "${name}" ${what}`, exception })
    })
  }
}
