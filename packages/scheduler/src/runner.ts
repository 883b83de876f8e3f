/** Carries out leases: starts runs, keeps their leases alive, and records how they end. */
import type { Coroutine, Future } from '@loop/core'
import { currentTask } from '@loop/core'
import { AbandonedRunError, LeaseLostError } from './errors.ts'
import type { CancelReason, Job } from './job.ts'
import type { RunContext } from './run.ts'
import { Run } from './run.ts'
import type { StoreAccess } from './store-access.ts'
import type { Lease, RunRecord } from './store.ts'

/** An occurrence that ended this many processes is not tried again: one for the run, four for bad luck. */
const MOST_LEASES = 5

/** Runs jobs of one scheduler. */
export class Runner {
  private readonly active = new Set<Run>()
  private readonly waiters: Future<undefined>[] = []
  private renewing = false
  /** Runs that begin in the next turn, in one task. */
  private batched: Run[] = []

  constructor(
    private readonly context: RunContext,
    private readonly access: StoreAccess,
    /** Called when a run ended, after its record was stored. */
    private readonly afterRun: (job: Job) => void,
  ) {}

  /** Starts a run; `watched` gets its record. */
  begin(job: Job, lease: Lease, watched: Future<RunRecord> | null = null): void {
    const run = new Run(this.context, job, lease)
    job.begun(run)
    this.active.add(run)
    if (!this.renewing && this.context.store.renewMs !== null) this.renewLater(this.context.store.renewMs)
    if (lease.attempt > MOST_LEASES) this.abandon(run, watched)
    else if (job.waits || watched !== null) this.context.loop.createTask(() => this.execute(run, watched), { name: job.name })
    else this.batch(run)
  }

  /** Asks all runs to end. */
  cancelAll(reason: CancelReason): void {
    for (const run of this.active) run.cancel(reason)
  }

  /** Done once nothing runs. */
  idle(): Future<undefined> {
    const future = this.context.loop.createFuture<undefined>()
    if (this.active.size === 0) future.setResult(undefined)
    else this.waiters.push(future)
    return future
  }

  private *execute(run: Run, watched: Future<RunRecord> | null): Coroutine<void> {
    run.task = currentTask()
    const record = run.reason === null ? yield* run.perform() : run.begin()!
    this.finish(run, record, watched)
  }

  private batch(run: Run): void {
    this.batched.push(run)
    if (this.batched.length === 1) this.context.loop.createTask(this.serve)
  }

  /** One task for all runs that are due and end without waiting; the first that waits gets it for itself. */
  private readonly serve = function* (this: Runner): Coroutine<void> {
    const task = currentTask()!
    const due = this.batched
    this.batched = []
    for (const [i, run] of due.entries()) {
      run.task = task
      task.setName(run.job.name)
      let record = run.begin()
      const shared = record !== null && !run.marked && task.cancelling() === 0
      if (!shared) {
        for (const left of due.slice(i + 1)) this.batch(left)
        run.job.waits = record === null
        record ??= yield* run.perform()
      }
      this.finish(run, record!, null)
      if (!shared) return
    }
  }.bind(this)

  private abandon(run: Run, watched: Future<RunRecord> | null): void {
    const { lease } = run
    const error = new AbandonedRunError(lease.key, lease.attempt - 1)
    const startedAt = this.context.wall.now()
    this.context.loop.callExceptionHandler({ message: `job "${lease.name}" failed`, exception: error })
    this.finish(run, { outcome: 'failure', result: null, error: String(error), startedAt, duration: 0 }, watched)
  }

  private finish(run: Run, record: RunRecord, watched: Future<RunRecord> | null): void {
    const { lease } = run
    // A run that was cut off by an end, not by somebody's wish, is left to be run again by whoever comes next.
    const cutOff = record.outcome === 'cancelled' && (run.reason === 'close' || (run.reason === null && run.task!.cancelling() > 0))
    this.access.ask<boolean | void>(
      (store) => (cutOff && store.shared ? store.release(lease) : run.reason === 'lost' ? false : store.finish(lease, record)),
      (kept) => {
        this.ended(run, record, watched, kept !== false)
      },
      (exception) => {
        this.report(`how job "${lease.name}" ended could not be stored`, exception)
        this.ended(run, record, watched, true)
      },
    )
  }

  private ended(run: Run, record: RunRecord, watched: Future<RunRecord> | null, kept: boolean): void {
    const { job, lease } = run
    const { events } = this.context
    this.active.delete(run)
    job.ended(run)
    if (kept) {
      job.note(record)
      if (record.outcome === 'success' && events.heard('success')) {
        const { name, key } = lease
        const { duration, result } = record
        events.emit('success', { name, key, scheduledFor: new Date(lease.scheduledFor), duration, result })
      }
    } else if (run.reason !== 'cancel') {
      this.report(`job "${lease.name}" lost its lease`, new LeaseLostError(lease.key))
    }
    if (watched !== null && !watched.done()) watched.setResult(record)
    this.afterRun(job)
    if (this.active.size === 0) for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
  }

  private renewLater(renewMs: number): void {
    this.renewing = true
    this.context.loop.callLater(renewMs, () => {
      this.renewing = false
      for (const run of this.active) this.renew(run)
      if (this.active.size > 0) this.renewLater(renewMs)
    })
  }

  private renew(run: Run): void {
    this.access.ask(
      (store) => store.renew(run.lease),
      (kept) => {
        if (!kept && this.active.has(run)) run.cancel('lost')
      },
      (exception) => {
        this.report(`the lease of ${run.lease.key} could not be renewed`, exception)
      },
    )
  }

  private report(message: string, exception: unknown): void {
    this.context.loop.callExceptionHandler({ message, exception })
  }
}
