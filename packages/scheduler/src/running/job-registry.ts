/**
 * The jobs of a scheduler: opens the store, registers each job with it, hands it with what the store knows to the
 * planner, and takes it away again. A store that is not there yet is waited for, as containers start in any order.
 */
import { DuplicateJobError, SchedulerClosedError, UnknownJobError } from '../errors.ts'
import type { JobDefinition } from '../jobs/definition.ts'
import { Job } from '../jobs/job.ts'
import type { Request } from '../store/store-access.ts'
import type { StoredJob } from '../store/store.ts'
import type { SchedulerContext } from './context.ts'
import type { OccurrencePlanner } from './occurrence-planner.ts'
import { pausing, removal } from './requests.ts'

/** See the top of the file. */
export class JobRegistry {
  private closed = false
  /** Whether somebody is calling: then errors are thrown to them, and not reported. */
  private direct = false
  private refusal: unknown = null

  constructor(
    private readonly context: SchedulerContext,
    private readonly planner: OccurrencePlanner,
    /** Called once the store is open, or (with the reason) can never be. */
    private readonly opened: (failure: Error | null) => void,
  ) {}

  /** Opens the store. Throws what a store that answers directly throws for good. */
  open(): void {
    this.directly(() => {
      this.context.access.askUntilDone(this.opening, this)
    })
  }

  /** Registers no more. */
  stop(): void {
    this.closed = true
  }

  /** Throws UnknownJobError. */
  get(name: string): Job {
    const job = this.context.jobs.get(name)
    if (job === undefined) throw new UnknownJobError(name)
    return job
  }

  /**
   * Adds a job, in place of one of its name that has ended. Throws SchedulerClosedError, DuplicateJobError, and what
   * the planner has against the job, if the store answers directly.
   */
  add(definition: JobDefinition): void {
    if (this.closed) throw new SchedulerClosedError()
    const { jobs, store, wall } = this.context
    const { name, trigger } = definition
    const old = jobs.get(name)
    if (old !== undefined) {
      if (!replaceable(old, trigger.recurring)) throw new DuplicateJobError(name)
      this.leave(old)
    }
    this.register(new Job(definition, wall.now(), old !== undefined && !(store.shared && trigger.recurring)))
  }

  /** Adds a job that was found in the store. */
  adopt(definition: JobDefinition): void {
    this.register(new Job(definition, this.context.wall.now(), false, true))
  }

  /** Takes a job off the list, and cancels its runs; false when it is not on it. */
  remove(name: string): boolean {
    const job = this.context.jobs.get(name)
    if (job === undefined) return false
    this.leave(job)
    for (const run of job.active) run.cancel('cancel')
    return true
  }

  /** Throws UnknownJobError. */
  pause(name: string): void {
    const job = this.get(name)
    if (job.phase === 'registering') job.pauseAsked = true
    if (job.phase !== 'scheduled') return
    this.planner.drop(job)
    job.phase = 'paused'
    this.context.access.askUntilDone(pausing, { job, paused: true })
  }

  /** Throws UnknownJobError. */
  resume(name: string): void {
    const job = this.get(name)
    job.pauseAsked = false
    if (job.phase !== 'paused') return
    this.context.access.askUntilDone(pausing, { job, paused: false })
    this.planner.resume(job)
  }

  private readonly opening: Request<void, JobRegistry> = {
    action: 'open',
    ordered: false,
    name: () => null,
    ask: (store) => store.open(),
    answered: () => {
      if (!this.closed) this.opened(null)
    },
    wanted: () => !this.closed,
    failed: (error, _, { own }) => {
      // An error of the store's own says that it can never be opened; any other one, that it cannot be now.
      if (!own) return true
      this.opened(error as Error)
      this.refuse('the job store cannot be opened; no job will run', error)
      return false
    },
  }

  private register(job: Job): void {
    this.context.jobs.set(job.name, job)
    this.directly(() => {
      this.context.access.askUntilDone(this.registration, job)
    })
  }

  private readonly registration: Request<StoredJob, Job> = {
    action: 'register',
    ordered: true,
    name: ({ name }) => name,
    ask: (store, { definition, since: now, restart }) => {
      const { name, trigger, policy, accepted } = definition
      const { anchor, dated, recurring } = trigger
      return store.register({
        name,
        anchor: anchor ?? now,
        // A one-time job that is due at once is ahead of its watermark all the same.
        watermark: recurring ? now : Math.min(now, dated ?? now) - (dated === null ? 1 : 0),
        exclusive: policy.overlap !== 'parallel',
        recurring,
        schedule: trigger.text,
        now,
        restart,
        accepted: accepted?.text ?? null,
      })
    },
    answered: (stored, job) => {
      // Cancelled meanwhile: its removal stands in the queue behind this.
      if (job.phase !== 'registering') return
      const { access, store } = this.context
      if (job.adopted && stored.fresh) {
        // Removed by somebody else between the list it was found in and now.
        this.forget(job)
        access.askUntilDone(removal(), job.name)
        return
      }
      try {
        this.emitChange(job, stored)
        this.planner.admit(job, stored, store.shared)
        if (job.pauseAsked) this.pause(job.name)
      } catch (error) {
        this.forget(job)
        if (stored.fresh) access.askUntilDone(removal(), job.name)
        this.refuse(`job "${job.name}" could not be registered`, error)
      }
      startPending(job)
    },
    wanted: (job) => job.phase === 'registering' && !this.closed,
  }

  private leave(job: Job): void {
    this.planner.drop(job)
    this.forget(job)
    if (job.active.length > 0) this.context.leaving.add(job)
  }

  private forget(job: Job): void {
    const { jobs } = this.context
    if (jobs.get(job.name) === job) jobs.delete(job.name)
    job.phase = 'removed'
    startPending(job)
  }

  private emitChange(job: Job, { schedule = null, fresh, offered }: StoredJob): void {
    const { trigger } = job.definition
    if (schedule === null || schedule === trigger.text || job.restart) return
    const action = fresh ? 'restarted' : !trigger.recurring && offered > 0 ? 'ended' : 'continued'
    this.context.events.emit('changed', { name: job.name, from: schedule, to: trigger.text, action })
  }

  private refuse(message: string, exception: unknown): void {
    if (this.direct) this.refusal = exception
    else this.context.report(message, exception)
  }

  private directly(action: () => void): void {
    this.direct = true
    this.refusal = null
    try {
      action()
    } finally {
      this.direct = false
    }
    if (this.refusal !== null) throw this.refusal
  }
}

/** Whether a job may be planned anew under its name: when it has ended, or by its own run. */
function replaceable(old: Job, recurring: boolean): boolean {
  const oneTime = !old.definition.trigger.recurring
  if (old.phase === 'finished') return oneTime || old.active.length === 0
  return oneTime && !recurring && old.active.length > 0
}

/** Calls what was asked for before the store had answered to the registration. */
function startPending(job: Job): void {
  const { starts } = job
  job.starts = null
  if (starts !== null) for (const start of starts) start()
}
