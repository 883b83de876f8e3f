/** Carries out leases: starts runs, keeps their leases alive, and records how they end. */
import type { Coroutine, Future } from '@loop/core'
import { currentTask } from '@loop/core'
import { AbandonedRunError, LeaseLostError } from './errors.ts'
import type { CancelReason, Job } from './job.ts'
import type { RunContext } from './run.ts'
import { Run } from './run.ts'
import type { StoreAccess } from './store-access.ts'
import type { Answer, JobStore, Lease, RunRecord } from './store.ts'

/** An occurrence that ended this many processes is not tried again: one for the run, four for bad luck. */
const MOST_LEASES = 5

/** A run that was cut off by an end, not by somebody's wish, is left to be run again by whoever comes next. */
function askEnd(store: JobStore, run: Run): Answer<boolean | undefined> {
  const { lease, reason } = run
  if (reason === 'lost') return false
  const cutOff = run.record!.outcome === 'cancelled' && (reason === 'close' || (reason === null && run.task!.cancelling() > 0))
  return cutOff && store.shared ? (store.release(lease) as Answer<undefined>) : store.finish(lease, run.record!)
}

/** Runs jobs of one scheduler. */
export class Runner {
  private active = 0
  private readonly waiters: Future<undefined>[] = []
  private renewing = false
  /** Runs that begin in the next turn, in one task. */
  private batched: Run[] = []

  constructor(
    private readonly context: RunContext,
    private readonly access: StoreAccess,
    private readonly jobs: () => Iterable<Job>,
    /** Called when a run ended, after its record was stored. */
    private readonly afterRun: (job: Job) => void,
  ) {}

  /** Starts a run; `watched` gets its record. */
  begin(job: Job, lease: Lease, watched: Future<RunRecord> | null = null): void {
    const run = new Run(this.context, job, lease, watched)
    job.begun(run)
    this.active++
    if (!this.renewing && this.context.store.renewMs !== null) this.renewLater(this.context.store.renewMs)
    if (lease.attempt > MOST_LEASES) this.abandon(run)
    else if (job.waits || watched !== null) this.context.loop.createTask(() => this.execute(run), { name: job.name })
    else this.batch(run)
  }

  /** Asks all runs to end. */
  cancelAll(reason: CancelReason): void {
    for (const job of this.jobs()) for (const run of job.active) run.cancel(reason)
  }

  /** Done once nothing runs. */
  idle(): Future<undefined> {
    const future = this.context.loop.createFuture<undefined>()
    if (this.active === 0) future.setResult(undefined)
    else this.waiters.push(future)
    return future
  }

  private *execute(run: Run): Coroutine<void> {
    run.task = currentTask()
    const record = run.reason === null ? yield* run.perform() : run.begin()!
    this.finish(run, record)
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
      this.finish(run, record!)
      if (!shared) return
    }
  }.bind(this)

  private abandon(run: Run): void {
    const { lease } = run
    const error = new AbandonedRunError(lease.key, lease.attempt - 1)
    const startedAt = this.context.wall.now()
    this.context.loop.callExceptionHandler({ message: `job "${lease.name}" failed`, exception: error })
    this.finish(run, { outcome: 'failure', result: null, error: String(error), startedAt, duration: 0 })
  }

  private finish(run: Run, record: RunRecord): void {
    run.record = record
    this.access.ask(askEnd, this.ended, this.notStored, run)
  }

  private readonly notStored = (exception: unknown, run: Run): void => {
    this.report(`how job "${run.job.name}" ended could not be stored`, exception)
    this.ended(undefined, run)
  }

  /** `kept` is false when the lease was lost, and the record with it. */
  private readonly ended = (kept: boolean | undefined, run: Run): void => {
    const { job, lease, watched } = run
    const record = run.record!
    this.active--
    job.ended(run)
    if (kept !== false) {
      job.note(record)
      if (record.outcome === 'success') this.reportSuccess(lease, record)
    } else if (run.reason !== 'cancel') {
      this.report(`job "${lease.name}" lost its lease`, new LeaseLostError(lease.key))
    }
    if (watched !== null && !watched.done()) watched.setResult(record)
    this.afterRun(job)
    if (this.active === 0) for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
  }

  private reportSuccess(lease: Lease, { duration, result }: RunRecord): void {
    const { events } = this.context
    if (!events.heard('success')) return
    events.emit('success', { name: lease.name, key: lease.key, scheduledFor: new Date(lease.scheduledFor), duration, result })
  }

  private renewLater(renewMs: number): void {
    this.renewing = true
    this.context.loop.callLater(renewMs, () => {
      this.renewing = false
      for (const job of this.jobs()) for (const run of job.active) this.renew(run as Run)
      if (this.active > 0) this.renewLater(renewMs)
    })
  }

  private renew(run: Run): void {
    this.access.ask(
      (store) => store.renew(run.lease),
      (kept) => {
        if (!kept) run.cancel('lost')
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
