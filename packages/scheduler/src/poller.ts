/** Fetches what waits in the store: after a run of the job has ended, and regularly where others may leave work. */
import type { EventLoop, TimerHandle } from '@loop/core'
import type { Job } from './job.ts'
import type { StoreAccess } from './store-access.ts'
import type { JobStore, Lease } from './store.ts'

/** What the poller needs of its scheduler. */
export interface PollerContext {
  readonly loop: EventLoop
  readonly store: JobStore
  readonly access: StoreAccess
  /** The job of a name, unless the scheduler ends. */
  job(name: string): Job | undefined
  begin(job: Job, lease: Lease): void
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
      this.take(null)
      this.start()
    })
  }

  /** Takes no more. */
  stop(): void {
    this.stopped = true
    this.timer?.cancel()
  }

  /** Looks for occurrences that waited for a run of `job` to end. */
  takeNext(job: Job): void {
    if (job.queued || this.context.store.shared) this.take(job.name)
  }

  private take(name: string | null): void {
    if (this.stopped) return
    const { access, loop } = this.context
    access.ask(
      (store) => store.take(name),
      (leases) => {
        for (const lease of leases) this.begin(lease)
        const idle = leases.length === 0 && name !== null ? this.context.job(name) : undefined
        if (idle !== undefined) idle.queued = false
      },
      (exception) => {
        loop.callExceptionHandler({ message: 'waiting runs could not be taken from the job store', exception })
      },
    )
  }

  private begin(lease: Lease): void {
    const job = this.context.job(lease.name)
    if (job !== undefined) {
      this.context.begin(job, lease)
      return
    }
    this.context.access.ask(
      (store) => store.release(lease),
      () => {},
      (exception) => {
        this.context.loop.callExceptionHandler({ message: `${lease.key} could not be given back`, exception })
      },
    )
  }
}
