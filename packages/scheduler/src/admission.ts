/**
 * Opens the store, and takes jobs in: registers each with the store and hands it, with what the store knows, to the
 * planner. A store that is not there yet is waited for, as containers start in any order.
 */
import type { EventLoop } from '@loop/core'
import type { Emitter } from './events.ts'
import type { Job } from './job.ts'
import type { Planner } from './planner.ts'
import type { Request, StoreAccess } from './store-access.ts'
import type { JobStore, StoredJob } from './store.ts'

/** What admission needs of its scheduler. */
export interface AdmissionContext {
  readonly loop: EventLoop
  readonly store: JobStore
  readonly events: Emitter
  readonly access: StoreAccess
  readonly planner: Planner
  /** Called once the store is open, or (with a reason) can never be. */
  opened(): void
  closed(reason: unknown): void
  /** Takes a job off the list again. */
  forget(job: Job): void
  pause(name: string): void
  report(message: string, exception: unknown): void
}

/** The way into a scheduler. */
export class Admission {
  private ended = false
  /** Whether somebody is calling: then errors are thrown to them, and not reported. */
  private direct = false
  private refusal: unknown = null

  constructor(private readonly context: AdmissionContext) {}

  /** Opens the store. Throws what a store that answers directly throws for good. */
  open(): void {
    this.directly(() => {
      this.context.access.insist(this.opening, this)
    })
  }

  /** Takes a job in. Throws what the planner has against the job, if the store answers directly. */
  add(job: Job): void {
    this.directly(() => {
      this.context.access.insist(this.registration, job)
    })
  }

  /** Takes nobody in any more. */
  stop(): void {
    this.ended = true
  }

  private readonly opening: Request<void, Admission> = {
    action: 'open',
    ordered: false,
    name: () => null,
    ask: (store) => store.open(),
    answered: () => {
      if (!this.ended) this.context.opened()
    },
    wanted: () => !this.ended,
    failed: (error, _, { own }) => {
      // An error of the store's own says that it can never be opened; any other one, that it cannot be now.
      if (!own) return true
      this.context.closed(error)
      this.refuse('the job store cannot be opened; no job will run', error)
      return false
    },
  }

  private readonly registration: Request<StoredJob, Job> = {
    action: 'register',
    ordered: true,
    name: ({ name }) => name,
    ask: (store, { definition, since: now, restart }) => {
      const { name, plan, policy, accepted } = definition
      const { anchor, dated, recurring } = plan
      return store.register({
        name,
        anchor: anchor ?? now,
        // A one-time job that is due at once is ahead of its watermark all the same.
        watermark: recurring ? now : Math.min(now, dated ?? now) - (dated === null ? 1 : 0),
        exclusive: policy.overlap !== 'parallel',
        recurring,
        schedule: plan.text,
        now,
        restart,
        accepted: accepted?.text ?? null,
      })
    },
    answered: (stored, job) => {
      // Cancelled meanwhile: its removal stands in the queue behind this.
      if (job.phase !== 'registering') return
      if (job.adopted && stored.fresh) {
        // Removed by somebody else between the list it was found in and now.
        this.context.forget(job)
        this.context.access.insist(removal(), job.name)
        return
      }
      try {
        this.noteChange(job, stored)
        this.context.planner.admit(job, stored, this.context.store.shared)
        if (job.pauseAsked) this.context.pause(job.name)
      } catch (error) {
        this.context.forget(job)
        if (stored.fresh) this.context.access.insist(removal(), job.name)
        this.refuse(`job "${job.name}" could not be registered`, error)
      }
      const { starts } = job
      job.starts = null
      if (starts !== null) for (const start of starts) start()
    },
    wanted: (job) => job.phase === 'registering' && !this.ended,
  }

  private noteChange(job: Job, { schedule = null, fresh, offered }: StoredJob): void {
    const { plan } = job.definition
    if (schedule === null || schedule === plan.text || job.restart) return
    const action = fresh ? 'restarted' : !plan.recurring && offered > 0 ? 'ended' : 'continued'
    this.context.events.emit('changed', { name: job.name, from: schedule, to: plan.text, action })
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

/** Takes a job out of the store; `removed` learns whether it was there. */
export const removal = (removed: (there: boolean) => void = () => {}): Request<boolean, string> => ({
  action: 'remove',
  ordered: true,
  name: (name) => name,
  ask: (store, name) => store.remove(name),
  answered: removed,
  wanted: () => true,
})
