/** Fetches what waits in the store: after a run of the job has ended, and regularly where others may leave work. */
import type { EventLoop, TimerHandle } from '@loop/core'
import type { Job } from './job.ts'
import type { Request, StoreAccess } from './store-access.ts'
import type { JobStore, Lease } from './store.ts'

/** What the poller needs of its scheduler. */
export interface PollerContext {
  readonly loop: EventLoop
  readonly store: JobStore
  readonly access: StoreAccess
  /** The job of a name, unless the scheduler ends. */
  job(name: string): Job | undefined
  /** Starts a run under a lease that was asked for at loop time `asked`. */
  begin(job: Job, lease: Lease, asked: number): void
  /** Gives back a lease that nothing here can use. */
  giveBack(lease: Lease): void
}

/** Takes leases for one scheduler. */
export class Poller {
  private timer: TimerHandle | null = null
  private stopped = false

  constructor(private readonly context: PollerContext) {}

  /** Begins to look regularly, if the store has other users. */
  start(): void {
    const { pollMs } = this.context.store
    if (pollMs === null || this.stopped) return
    this.timer = this.context.loop.callLater(pollMs, () => {
      this.start()
      this.takeAll()
    })
  }

  /** Takes no more. */
  stop(): void {
    this.stopped = true
    this.timer?.cancel()
  }

  /** Looks for occurrences that waited for a run of `job` to end. */
  takeNext(job: Job): void {
    if (!this.stopped && (job.queued || this.context.store.shared))
      this.context.access.insist(this.taking, { job, asked: 0 })
  }

  private readonly taking: Request<readonly Lease[], { readonly job: Job; asked: number }> = {
    action: 'take',
    ordered: false,
    name: ({ job }) => job.name,
    ask: (store, question) => {
      question.asked = this.context.loop.time()
      return store.take(question.job.name)
    },
    answered: (leases, { job, asked }) => {
      this.begin(leases, asked)
      if (leases.length === 0) job.queued = false
    },
    wanted: ({ job }) => !this.stopped && job.phase !== 'removed',
  }

  private takeAll(): void {
    const asked = this.context.loop.time()
    this.context.access.ask(
      'take',
      null,
      (store) => store.take(null),
      (leases) => {
        this.begin(leases, asked)
      },
    )
  }

  private begin(leases: readonly Lease[], asked: number): void {
    for (const lease of leases) {
      const job = this.context.job(lease.name)
      if (job === undefined) this.context.giveBack(lease)
      else this.context.begin(job, lease, asked)
    }
  }
}
