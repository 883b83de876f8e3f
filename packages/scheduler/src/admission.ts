/** Opens the store, and takes jobs in: registers each with the store and hands it, with what the store knows, to the planner. */
import type { EventLoop } from '@loop/core'
import type { Job } from './job.ts'
import type { Planner } from './planner.ts'
import type { StoreAccess } from './store-access.ts'
import type { Answer, JobStore, StoredJob } from './store.ts'
import type { WallClock } from './wall-clock.ts'

/** What admission needs of its scheduler. */
export interface AdmissionContext {
  readonly loop: EventLoop
  readonly wall: WallClock
  readonly store: JobStore
  readonly access: StoreAccess
  readonly planner: Planner
  /** Called once the store is open. */
  opened(): void
  /** Takes a job off the list again. */
  forget(job: Job): void
  pause(name: string): void
}

/** The way into a scheduler. */
export class Admission {
  private isOpen = false
  /** Jobs that came before the store was open. */
  private early: Job[] = []
  /** Whether somebody is calling: then errors are thrown to them, and not reported. */
  private direct = false

  constructor(private readonly context: AdmissionContext) {}

  /** Opens the store. Throws what a store throws that answers directly. */
  open(): void {
    this.directly(() => {
      this.context.access.ask(
        (store) => store.open(),
        () => {
          this.isOpen = true
          for (const job of this.early.splice(0)) this.register(job)
          this.context.opened()
        },
        (exception) => {
          this.refuse('the job store could not be opened; no job will run', exception)
        },
      )
    })
  }

  /** Takes a job in. Throws what a store that answers directly throws, and what the planner has against the job. */
  add(job: Job): void {
    if (!this.isOpen) {
      this.early.push(job)
      return
    }
    this.directly(() => {
      this.register(job)
    })
  }

  private register(job: Job): void {
    this.context.access.ask(this.askRegister, this.registered, this.notRegistered, job)
  }

  private readonly askRegister = (store: JobStore, job: Job): Answer<StoredJob> => {
    const { name, plan, policy } = job.definition
    const { anchor, dated, recurring } = plan
    const now = this.context.wall.now()
    return store.register({
      name,
      anchor: anchor ?? now,
      // A one-time job that is due at once is ahead of its watermark all the same.
      watermark: recurring ? now : Math.min(now, dated ?? now) - (dated === null ? 1 : 0),
      exclusive: policy.overlap !== 'parallel',
    })
  }

  private readonly registered = (stored: StoredJob, job: Job): void => {
    if (job.phase === 'removed') {
      this.removeFromStore(job)
      return
    }
    try {
      this.context.planner.admit(job, stored, this.context.store.shared)
      if (job.pauseAsked) this.context.pause(job.name)
    } catch (error) {
      if (stored.fresh) this.removeFromStore(job)
      this.notRegistered(error, job)
    }
  }

  private readonly notRegistered = (exception: unknown, job: Job): void => {
    this.context.forget(job)
    this.refuse(`job "${job.name}" could not be registered`, exception)
  }

  private removeFromStore({ name }: Job): void {
    this.context.access.ask(
      (store) => store.remove(name),
      () => {},
      (exception) => {
        this.context.loop.callExceptionHandler({ message: `job "${name}" could not be removed`, exception })
      },
    )
  }

  private refuse(message: string, exception: unknown): void {
    if (this.direct) throw exception
    this.context.loop.callExceptionHandler({ message, exception })
  }

  private directly(action: () => void): void {
    this.direct = true
    try {
      action()
    } finally {
      this.direct = false
    }
  }
}
