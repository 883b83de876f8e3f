/**
 * Carries out leases: starts runs, keeps their leases alive, and sees to it that their ends are stored.
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
import { AbandonedRunError, LeaseLostError, UnstorableResultError } from './errors.ts'
import type { CancelReason, Job } from './job.ts'
import type { RunContext } from './run.ts'
import { Run } from './run.ts'
import type { Request, StoreAccess } from './store-access.ts'
import type { Answer, JobStore, Lease, RunRecord } from './store.ts'
import { isInstance, storableText } from './thrown.ts'

/** An occurrence whose lease lapsed this often is not tried again: once for the run, four times for bad luck. */
const MOST_LAPSES = 5
/**
 * Ends that the store dropped are remembered, in case the occurrence comes back to this process; each is a few hundred
 * bytes.
 */
const MOST_REMEMBERED = 1000
/** A result that was refused this often, while the store took other things, is taken for one that cannot be stored. */
const MOST_REFUSALS = 20

/** What the runner needs of its scheduler. */
export interface RunnerContext extends RunContext {
  readonly access: StoreAccess
  report(message: string, exception: unknown): void
  jobs(): Iterable<Job>
  /** Called when a run ended, after its end was stored. */
  afterRun(job: Job): void
}

/** Runs jobs of one scheduler. */
export class Runner {
  private readonly loop: EventLoop
  /** Runs in progress, and those whose end is not stored. */
  private active = 0
  private readonly waiters: Future<undefined>[] = []
  /** By key, the runs under leases that expire. */
  private readonly leased = new Map<string, Run>()
  /** By key, ends whose leases were lost before they could be stored. */
  private readonly dropped = new Map<string, RunRecord>()
  private readonly renewMs: number | null
  private timer: TimerHandle | null = null
  private closed = false
  private readonly batch: Batch

  constructor(private readonly context: RunnerContext) {
    this.batch = new Batch(context, this)
    this.loop = context.loop
    this.renewMs = context.store.renewMs
  }

  /** Leases held. */
  get leases(): number {
    return this.active
  }

  /** Starts a run under a lease that the store was asked for at loop time `asked`; `watched` gets its record. */
  begin(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null = null): void {
    if (this.renewMs === null) {
      this.start(job, lease, asked, watched)
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
      this.giveBack(lease)
      return
    }
    const record = this.dropped.get(key)
    if (record === undefined) this.start(job, lease, asked, watched)
    else {
      this.dropped.delete(key)
      this.finish(this.add(job, lease, asked, watched), record)
    }
  }

  /** Runs the occurrence of a light job at an epoch time. */
  beginLight(job: Job, scheduledFor: number): void {
    this.batch.addLight(job, scheduledFor)
  }

  /** Gives back a lease whose run has not begun. */
  giveBack(lease: Lease): void {
    this.context.access.insist(giveBack, lease)
  }

  /** Begins nothing any more that has to be asked for. */
  close(): void {
    this.closed = true
  }

  /** Asks all runs to end. */
  cancelAll(reason: CancelReason): void {
    for (const job of this.context.jobs()) for (const run of job.active) run.cancel(reason)
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
    this.timer?.cancel()
    this.timer = null
    const left = new Set<Run>(this.leased.values())
    for (const job of this.context.jobs()) for (const run of job.active) left.add(run as Run)
    const running: string[] = []
    const unstored: string[] = []
    for (const run of left) (run.record === null ? running : unstored).push(run.lease.key)
    return { running, unstored }
  }

  // ---------------------------------------------------------------- running

  private start(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null): void {
    const run = this.add(job, lease, asked, watched)
    if ((lease.lapses ?? lease.attempt - 1) >= MOST_LAPSES) this.giveUp(run)
    else if (job.waits || watched !== null) this.loop.createTask(() => this.execute(run), { name: job.name })
    else this.batch.add(run)
  }

  /** Makes a run of a lease; `goOn` or `start` carries it out. */
  add(job: Job, lease: Lease, asked: number, watched: Future<RunRecord> | null): Run {
    const run = new Run(this.context, job, lease, watched)
    job.begun(run)
    this.active++
    if (this.renewMs !== null) {
      run.leaseHeld(asked, this.renewMs)
      this.leased.set(lease.key, run)
      this.watch()
    }
    return run
  }

  /** Carries out a run whose handler waits already. */
  *goOn(run: Run): Coroutine<void> {
    this.finish(run, yield* run.perform())
  }

  /** Something runs that is no run of its own; until `letGo`. */
  hold(): void {
    this.active++
  }

  letGo(): void {
    this.active--
    this.checkIdle()
  }

  private *execute(run: Run): Coroutine<void> {
    run.task = currentTask()
    const record = run.reason === null ? yield* run.perform() : run.begin()!
    this.finish(run, record)
  }

  private giveUp(run: Run): void {
    const { lease } = run
    const error = new AbandonedRunError(lease.key, lease.lapses ?? lease.attempt - 1)
    const startedAt = this.context.wall.now()
    this.context.report(`job "${lease.name}" failed`, error)
    this.finish(run, { outcome: 'failure', result: null, error: storableText(error), startedAt, duration: 0 })
  }

  // ---------------------------------------------------------------- ends

  /** A run has ended, and its end is to be stored. */
  finish(run: Run, record: RunRecord): void {
    run.record = record
    this.context.access.insist(this.endOf, run)
  }

  private readonly endOf: Request<boolean | undefined, Run> = {
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

  /** The handler has ended; that the store does not know is between the store and the runner. */
  private unstored(run: Run): void {
    run.job.ended(run)
    run.job.unstored++
    run.isUnstored = true
    if (run.watched !== null && !run.watched.done()) run.watched.setResult(run.record!)
  }

  /** `kept` is false when the lease was lost, and the record with it. */
  private ended(kept: boolean | undefined, run: Run): void {
    const { job, lease, watched } = run
    const record = run.record!
    this.active--
    if (run.isUnstored) job.unstored--
    else job.ended(run)
    if (this.renewMs !== null && this.leased.get(lease.key) === run) this.leased.delete(lease.key)
    if (kept !== false) {
      job.note(record)
      if (record.outcome === 'success') this.reportSuccess(lease, record)
    } else this.lost(run, record)
    if (watched !== null && !watched.done()) watched.setResult(record)
    this.context.afterRun(job)
    this.checkIdle()
  }

  private checkIdle(): void {
    if (this.active > 0) return
    for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
  }

  private lost(run: Run, record: RunRecord): void {
    const { key, name } = run.lease
    if (record.outcome !== 'cancelled') {
      this.dropped.set(key, record)
      if (this.dropped.size > MOST_REMEMBERED)
        for (const oldest of this.dropped.keys()) if (this.dropped.delete(oldest)) break
    }
    if (run.reason !== 'cancel' && !run.lossReported)
      this.context.report(`job "${name}" lost its lease`, new LeaseLostError(key))
  }

  private reportSuccess(lease: Lease, { duration, result }: RunRecord): void {
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
    if (this.timer !== null) return
    this.timer = this.loop.callLater(this.renewMs! / 4, () => {
      this.timer = null
      const now = this.loop.time()
      for (const run of this.leased.values()) this.lookAfter(run, now, this.renewMs!)
      if (this.leased.size > 0) this.watch()
    })
  }

  private lookAfter(run: Run, now: number, renewMs: number): void {
    if (run.held && now >= run.renewAt) this.renew(run, now, renewMs)
    // A store that answers directly has just been asked, so a loop that stood still for long loses nothing that nobody
    // took.
    if (!run.held || run.record !== null || now - run.leasedAt < LOST_AFTER * renewMs) return
    this.lose(run, new LeaseLostError(run.lease.key, now - run.leasedAt))
  }

  private renew(run: Run, now: number, renewMs: number): void {
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

  private lose(run: Run, error: LeaseLostError): void {
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
function askEnd(store: JobStore, run: Run): Answer<boolean | undefined> {
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

const giveBack: Request<void, Lease> = {
  action: 'release',
  ordered: false,
  name: ({ name }) => name,
  ask: (store, lease) => store.release(lease, false),
  answered: () => {},
  wanted: () => true,
}
