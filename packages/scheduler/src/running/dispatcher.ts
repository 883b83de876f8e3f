/**
 * Runs what the store leases to this scheduler: takes what is pending there, starts runs, renews their leases, and
 * stores their ends.
 *
 *     lease ──begin──> running ──> ended ──finish or release──> stored
 *       │                 │          ▲ └─ the store fails ─┐
 *       │                 │          └────── asked again ──┘
 *       └── not renewed for 2.5 times renewMs ──> cancelled as lost: nobody else may begin it before 3 times
 *
 * A lease of an occurrence that this process runs, or has run, is recognised: the run goes on under the new lease, or
 * its end is stored under it. So a store that was away makes nothing run beside itself, and nothing run again whose
 * work is done.
 *
 * Long because the life of a run, its lease and its end is one story.
 */
import type { Coroutine, EventLoop, Future, TimerHandle } from '@loop/core'
import { currentTask } from '@loop/core'
import { Batch } from './batch.ts'
import type { SchedulerContext } from './context.ts'
import type { FinishedJobs } from './finished-jobs.ts'
import { releasing } from './requests.ts'
import { AbandonedRunError, LeaseLostError, UnstorableResultError } from '../errors.ts'
import type { CancelReason, Job } from '../jobs/job.ts'
import { Execution } from './execution.ts'
import type { Request } from '../store/store-access.ts'
import type { Answer, JobStore, Lease, RunRecord } from '../store/store.ts'
import { isInstance, storableText } from '../base/thrown.ts'

/** An occurrence whose lease lapsed this often is not tried again: once for the run, four times for bad luck. */
const MOST_LAPSES = 5
/**
 * Ends that the store dropped are remembered, in case the occurrence comes back to this process; each is a few hundred
 * bytes.
 */
const MOST_REMEMBERED = 1000
/** A result that was refused this often, while the store took other things, is taken for one that cannot be stored. */
const MOST_REFUSALS = 20

/** See the top of the file. */
export class Dispatcher {
  private readonly loop: EventLoop
  /** Runs in progress, and those whose end is not stored. */
  private active = 0
  private readonly waiters: Future<undefined>[] = []
  /** By key, the runs under leases that expire. */
  private readonly leased = new Map<string, Execution>()
  /** By key, ends whose leases were lost before they could be stored. */
  private readonly dropped = new Map<string, RunRecord>()
  private readonly renewMs: number | null
  private leaseTimer: TimerHandle | null = null
  private pollTimer: TimerHandle | null = null
  private closed = false
  /** Begins runs; those of light jobs need nothing else. */
  readonly batch: Batch

  constructor(
    private readonly context: SchedulerContext,
    private readonly finished: FinishedJobs,
  ) {
    this.batch = new Batch(context, this)
    this.loop = context.loop
    this.renewMs = context.store.renewMs
  }

  /** Leases held. */
  get leases(): number {
    return this.active
  }

  /** Begins to look regularly for what others left in the store, if it has other users. */
  startPolling(): void {
    const { pollMs } = this.context.store
    if (pollMs === null || this.closed) return
    this.pollTimer = this.loop.callLater(pollMs, () => {
      this.startPolling()
      this.takeAll()
    })
  }

  /** Starts a run under a lease that the store was asked for at loop time `asked`; `watched` gets its record. */
  begin(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null = null): void {
    if (this.renewMs === null) {
      this.startRun(job, lease, asked, watched)
      return
    }
    const { key } = lease
    const known = this.leased.get(key)
    if (known !== undefined) {
      known.lease = lease
      known.leaseHeld(asked, this.renewMs)
      watched?.cancel()
      return
    }
    // An answer that came so late may have been overtaken by somebody else's lease.
    if (this.closed || this.loop.time() - asked >= LOST_AFTER * this.renewMs) {
      this.release(lease)
      return
    }
    const record = this.dropped.get(key)
    if (record === undefined) this.startRun(job, lease, asked, watched)
    else {
      this.dropped.delete(key)
      this.finish(this.add(job, lease, asked, watched), record)
    }
  }

  /** Begins nothing any more that has to be asked for. */
  close(): void {
    this.closed = true
    this.pollTimer?.cancel()
  }

  /** Asks all runs to end. */
  cancelAll(reason: CancelReason): void {
    for (const job of this.allJobs()) for (const run of job.active) run.cancel(reason)
    for (const run of this.leased.values()) run.cancel(reason)
  }

  /** Done once nothing runs and every end is stored. */
  idle(): Future<undefined> {
    const future = this.loop.createFuture<undefined>()
    if (this.active === 0) future.setResult(undefined)
    else this.waiters.push(future)
    return future
  }

  /** Stops looking after leases, and names what is left: runs in progress, and ends that are not stored. */
  abandon(): { running: string[]; unstored: string[] } {
    this.leaseTimer?.cancel()
    this.leaseTimer = null
    const left = new Set<Execution>(this.leased.values())
    for (const job of this.allJobs()) for (const run of job.active) left.add(run as Execution)
    const running: string[] = []
    const unstored: string[] = []
    for (const run of left) (run.record === null ? running : unstored).push(run.lease.key)
    return { running, unstored }
  }

  private *allJobs(): Iterable<Job> {
    yield* this.context.jobs.values()
    yield* this.context.leaving
  }

  // ---------------------------------------------------------------- taking

  /** Takes the occurrences that were pending until a run of `job` ended. */
  private takeNext(job: Job): void {
    if (!this.closed && (job.queued || this.context.store.shared))
      this.context.access.askUntilDone(this.taking, { job, asked: 0 })
  }

  private readonly taking: Request<readonly Lease[], { readonly job: Job; asked: number }> = {
    action: 'take',
    ordered: false,
    name: ({ job }) => job.name,
    ask: (store, question) => {
      question.asked = this.loop.time()
      return store.take(question.job.name)
    },
    answered: (leases, { job, asked }) => {
      this.beginTaken(leases, asked)
      if (leases.length === 0) job.queued = false
    },
    wanted: ({ job }) => !this.closed && job.phase !== 'removed',
  }

  private takeAll(): void {
    const asked = this.loop.time()
    this.context.access.ask(
      'take',
      null,
      (store) => store.take(null),
      (leases) => {
        this.beginTaken(leases, asked)
      },
    )
  }

  private beginTaken(leases: readonly Lease[], asked: number): void {
    for (const lease of leases) {
      const job = this.closed ? undefined : this.context.jobs.get(lease.name)
      if (job === undefined) this.release(lease)
      else this.begin(job, lease, asked)
    }
  }

  /** Gives back a lease whose run has not begun. */
  private release(lease: Lease): void {
    this.context.access.askUntilDone(releasing, lease)
  }

  // ---------------------------------------------------------------- running

  private startRun(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null): void {
    const run = this.add(job, lease, asked, watched)
    if ((lease.lapses ?? lease.attempt - 1) >= MOST_LAPSES) this.giveUp(run)
    else if (job.isAsync || watched !== null) this.loop.createTask(() => this.execute(run), { name: job.name })
    else this.batch.add(run)
  }

  /** Makes a run of a lease. */
  add(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null): Execution {
    const run = new Execution(this.context, job, lease, watched)
    job.begun(run)
    this.active++
    if (this.renewMs !== null) {
      run.leaseHeld(asked, this.renewMs)
      this.leased.set(lease.key, run)
      this.watch()
    }
    return run
  }

  /** Carries out a run whose handler was called already. */
  *resume(run: Execution): Coroutine<void> {
    this.finish(run, yield* run.perform())
  }

  /** Counts a batch as a run in progress, until `leave`. */
  enter(): void {
    this.active++
  }

  leave(): void {
    this.active--
    this.checkIdle()
  }

  private *execute(run: Execution): Coroutine<void> {
    run.task = currentTask()
    const record = run.reason === null ? yield* run.perform() : run.begin()!
    this.finish(run, record)
  }

  private giveUp(run: Execution): void {
    const { lease } = run
    const error = new AbandonedRunError(lease.key, lease.lapses ?? lease.attempt - 1)
    const startedAt = this.context.wall.now()
    this.context.report(`job "${lease.name}" failed`, error)
    this.finish(run, { outcome: 'failure', result: null, error: storableText(error), startedAt, duration: 0 })
  }

  // ---------------------------------------------------------------- ends

  /** A run has ended, and its end is to be stored. */
  finish(run: Execution, record: RunRecord): void {
    run.record = record
    this.context.access.askUntilDone(this.endOf, run)
  }

  private readonly endOf: Request<boolean | undefined, Execution> = {
    action: 'finish',
    ordered: false,
    name: (run) => run.job.name,
    ask: askEnd,
    answered: (kept, run) => {
      // Another lease of the same occurrence came while the store was asked about the first.
      if (kept === false && run.lease !== run.endedUnder) this.finish(run, run.record!)
      else this.ended(kept, run)
    },
    wanted: () => true,
    failed: (error, run, { tries, healthy }) => {
      if (tries === 1) this.unstored(run)
      const refused = isInstance(error, UnstorableResultError) || (tries >= MOST_REFUSALS && healthy)
      if (refused) run.refuse(error)
      return true
    },
  }

  /** The handler has ended; that the store does not know is between the store and the dispatcher. */
  private unstored(run: Execution): void {
    run.job.ended(run)
    run.job.unstored++
    run.isUnstored = true
    if (run.watched !== null && !run.watched.done()) run.watched.setResult(run.record!)
  }

  /** `kept` is false when the lease was lost, and the record with it. */
  private ended(kept: boolean | undefined, run: Execution): void {
    const { job, lease, watched } = run
    const record = run.record!
    this.active--
    if (run.isUnstored) job.unstored--
    else job.ended(run)
    if (this.renewMs !== null && this.leased.get(lease.key) === run) this.leased.delete(lease.key)
    if (kept !== false) {
      job.note(record)
      if (record.outcome === 'success') this.emitSuccess(lease, record)
    } else this.lost(run, record)
    if (watched !== null && !watched.done()) watched.setResult(record)
    this.after(job)
    this.checkIdle()
  }

  /** After the end of a run was stored. */
  private after(job: Job): void {
    const { jobs, leaving } = this.context
    if (leaving.size > 0 && job.active.length === 0) leaving.delete(job)
    this.finished.note(job)
    // Planned anew under its name meanwhile, perhaps by this very run.
    this.takeNext(jobs.get(job.name) ?? job)
  }

  private checkIdle(): void {
    if (this.active > 0) return
    for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
  }

  private lost(run: Execution, record: RunRecord): void {
    const { key, name } = run.lease
    if (record.outcome !== 'cancelled') {
      this.dropped.set(key, record)
      if (this.dropped.size > MOST_REMEMBERED)
        for (const oldest of this.dropped.keys()) if (this.dropped.delete(oldest)) break
    }
    if (run.reason !== 'cancel' && !run.lossReported)
      this.context.report(`job "${name}" lost its lease`, new LeaseLostError(key))
  }

  private emitSuccess(lease: Lease, { duration, result }: RunRecord): void {
    const { events } = this.context
    if (!events.heard('success')) return
    events.emit('success', {
      name: lease.name,
      key: lease.key,
      scheduledFor: new Date(lease.scheduledFor),
      duration,
      result,
    })
  }

  // ---------------------------------------------------------------- leases

  /**
   * Looks after the leases, four times in a renewal's time: often enough for a renewal that failed to be tried again.
   */
  private watch(): void {
    if (this.leaseTimer !== null) return
    this.leaseTimer = this.loop.callLater(this.renewMs! / 4, () => {
      this.leaseTimer = null
      const now = this.loop.time()
      for (const run of this.leased.values()) this.lookAfter(run, now, this.renewMs!)
      if (this.leased.size > 0) this.watch()
    })
  }

  private lookAfter(run: Execution, now: number, renewMs: number): void {
    if (run.held && now >= run.renewAt) this.renew(run, now, renewMs)
    // A store that answers directly has just been asked, so a loop that stood still for long loses nothing that nobody
    // took.
    if (!run.held || run.record !== null || now - run.leasedAt < LOST_AFTER * renewMs) return
    this.lose(run, new LeaseLostError(run.lease.key, now - run.leasedAt))
  }

  private renew(run: Execution, now: number, renewMs: number): void {
    const { lease } = run
    run.renewAt = now + renewMs
    this.context.access.ask(
      'renew',
      lease.name,
      (store) => store.renew(lease),
      (kept) => {
        if (run.lease !== lease) return
        if (kept) run.leaseHeld(now, renewMs)
        else if (run.record === null) {
          run.gone = true
          this.lose(run, new LeaseLostError(lease.key))
        }
      },
      () => {
        run.renewAt = Math.min(run.renewAt, this.loop.time())
      },
    )
  }

  private lose(run: Execution, error: LeaseLostError): void {
    run.held = false
    if (run.reason === null) {
      run.lossReported = true
      this.context.report(`job "${run.lease.name}" lost its lease`, error)
    }
    run.cancel('lost')
  }
}

/**
 * A run whose lease was not renewed for so many renewal times is cancelled; a look comes every quarter, and three are
 * the lease.
 */
const LOST_AFTER = 2.5

/**
 * A run that was cut off by an end or a lost lease, not by somebody's wish, is left to be run again by whoever comes
 * next.
 */
function askEnd(store: JobStore, run: Execution): Answer<boolean | undefined> {
  const { lease, reason } = run
  run.endedUnder = lease
  if (run.gone) return after(store.release(lease, true), false)
  const cutOff =
    run.record!.outcome === 'cancelled' &&
    (reason === 'close' || reason === 'lost' || (reason === null && run.task!.cancelling() > 0))
  return cutOff && store.shared ? after(store.release(lease, true), undefined) : store.finish(lease, run.record!)
}

const after = <T>(answer: Answer<void>, value: T): Answer<T> =>
  typeof answer === 'object' && answer !== null ? (answer as PromiseLike<void>).then(() => value) : value
