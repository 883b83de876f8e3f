/**
 * One run of a job: its tries, from the lease to the record of how it ended.
 *
 *     try ─ ok ──────────────────────────────> success
 *      ▲  └ failed ─ tries left ─ wait ─┐  └─> failure
 *      └────────────────────────────────┘   (cancelled at any point) ─> cancelled
 */
import type { Coroutine, Future, Task } from '@loop/core'
import { currentTask, sleep, waitFor } from '@loop/core'
import { messageOf } from '@loop/core/lowlevel'
import { UnstorableResultError } from '../errors.ts'
import { isWaitable, settled } from '../base/invoke.ts'
import type { SchedulerContext } from './context.ts'
import type { ActiveRun, CancelReason, Job } from '../jobs/job.ts'
import { HandlerRun } from '../jobs/job-run.ts'
import type { Lease, RunRecord } from '../store/store.ts'
import { isCancelled, isInstance, storableText, tame } from '../base/thrown.ts'

/** A run in progress: see the top of the file. */
export class Execution implements ActiveRun {
  /** The task that runs it, once it has begun. */
  task: Task | null = null
  /** Why it was asked to end, if it was. */
  reason: CancelReason | null = null
  /** How it ended. */
  record: RunRecord | null = null
  /** Whether the store refused its end so far. */
  isUnstored = false
  /** The lease that its end was last stored under. */
  endedUnder: Lease | null = null
  /** Whether its lease is renewed; false once it was lost. */
  held = true
  /** Whether somebody else has the lease. */
  gone = false
  lossReported = false
  /** Loop time from which the lease counts: when it, or its last renewal, was asked for. */
  leasedAt = 0
  /** Loop time of the next renewal. */
  renewAt = 0
  /** What the handler returned in {@link begin}, when that has to be waited for. */
  private begun: object | null = null
  private handlerRun: HandlerRun | null = null
  private over = false
  private tries = 0
  private startedAt = 0
  private startTime = 0

  constructor(
    private readonly context: SchedulerContext,
    readonly job: Job,
    public lease: Lease,
    /** Gets the record too; for `runNow`. */
    readonly watched: Future<RunRecord> | null,
  ) {}

  /** The lease was given, or renewed, when asked for at loop time `asked`. */
  leaseHeld(asked: number, renewMs: number): void {
    this.held = true
    this.gone = false
    this.leasedAt = asked
    this.renewAt = asked + renewMs
  }

  /** Its result cannot be stored: that it could not be is stored instead. */
  refuse(reason: unknown): void {
    const nothing = this.context.store.encode(null)
    if (this.record!.outcome !== 'success' || this.record!.result === nothing) return
    const error = isInstance(reason, UnstorableResultError)
      ? reason
      : new UnstorableResultError(this.job.name, messageOf(reason), { cause: reason })
    this.record = { ...this.record!, outcome: 'failure', result: nothing, error: storableText(error) }
    this.reportFailure(error, null)
  }

  /** Whether its task cannot serve another run: somebody may still hold its signal. */
  get marked(): boolean {
    return this.handlerRun?.signalTaken === true
  }

  /** Asks it to end. Once the handler has ended nothing is cancelled any more: the record must be written. */
  cancel(reason: CancelReason): void {
    if (this.over || this.reason !== null) return
    this.reason = reason
    this.task?.cancel(`job "${this.job.name}" was cancelled`)
  }

  /**
   * Calls the handler of a job without retry, timeout and executor. Gives the record when it ended without waiting,
   * else null: then `perform` goes on.
   */
  begin(): RunRecord | null {
    this.start()
    if (this.reason !== null) return this.cancelled('cancelled before it began')
    this.tries = 1
    try {
      const run = (this.handlerRun = this.announce())
      const made = this.job.definition.handler(run)
      if (!isWaitable(made)) return this.recordOf('success', this.encode(made), null)
      this.begun = made
      return null
    } catch (error) {
      return this.failed(error) as RunRecord
    }
  }

  /** Takes over, for `perform`, a run whose handler was called already and gave something to wait for. */
  resume(made: object, handlerRun: HandlerRun): void {
    this.start()
    this.tries = 1
    this.handlerRun = handlerRun
    this.begun = made
  }

  /** Runs the handler, again where the retry plan says so. Never throws. */
  *perform(): Coroutine<RunRecord> {
    if (this.begun === null) this.start()
    for (;;) {
      let wait: number
      try {
        const result: unknown = yield* this.attempt()
        return this.recordOf('success', this.encode(result), null)
      } catch (error) {
        const next = this.failed(error)
        if (typeof next !== 'number') return next
        wait = next
      }
      try {
        yield* sleep(wait)
      } catch (error) {
        return this.cancelled(storableText(error))
      }
    }
  }

  private start(): void {
    this.startedAt = this.context.wall.now()
    this.startTime = this.context.loop.time()
  }

  private *attempt(): Coroutine<unknown> {
    const { timeout } = this.job.definition.policy
    if (this.begun !== null) return yield* settled(this.begun)
    this.tries++
    // A task of its own, so that a timeout aborts the signal of this try and not of the next.
    return timeout === null ? yield* this.handle() : yield* waitFor(() => this.handle(), timeout)
  }

  private *handle(): Coroutine<unknown> {
    const { loop } = this.context
    const { handler, policy } = this.job.definition
    const run = this.announce()
    try {
      if (policy.executor === null) return yield* settled(handler(run))
      return yield* loop.runInExecutor(policy.executor, handler as (run: unknown) => unknown, run.shipped())
    } catch (error) {
      throw tame(error)
    }
  }

  /** Makes what the handler gets, and emits `run`. */
  private announce(): HandlerRun {
    const { loop, wall, events } = this.context
    const attempt = this.lease.attempt + this.tries - 1
    const { scheduledFor: epoch, missedCount } = this.lease
    const began = this.tries === 1 ? this.startedAt : wall.now()
    const run = new HandlerRun(loop, currentTask(), this.job.definition, epoch, missedCount, began, attempt)
    if (events.heard('run')) {
      const { name, key, scheduledFor, startedAt } = run
      events.emit('run', { name, key, scheduledFor, startedAt, attempt })
    }
    return run
  }

  private encode(result: unknown): unknown {
    try {
      return this.context.store.encode(result)
    } catch (error) {
      throw new UnstorableResultError(this.job.name, messageOf(error), { cause: error })
    }
  }

  /** What follows a try that failed: milliseconds until the next, or how the run ended. */
  private failed(error: unknown): number | RunRecord {
    if (this.reason !== null || isCancelled(error)) return this.cancelled(storableText(error))
    const { retry } = this.job.definition.policy
    const over = retry === null || this.tries >= retry.attempts || isInstance(error, UnstorableResultError)
    const wait = over ? null : Math.min(retry.delay * retry.factor ** (this.tries - 1), retry.maxDelay)
    this.reportFailure(error, wait)
    return wait ?? this.recordOf('failure', null, storableText(error))
  }

  private cancelled(error: string): RunRecord {
    return this.recordOf('cancelled', null, error)
  }

  private recordOf(outcome: RunRecord['outcome'], result: unknown, error: string | null): RunRecord {
    this.over = true
    return { outcome, result, error, startedAt: this.startedAt, duration: this.context.loop.time() - this.startTime }
  }

  private reportFailure(error: unknown, retryIn: number | null): void {
    const { events, loop } = this.context
    const { name, key, scheduledFor } = this.lease
    if (events.heard('failure')) {
      const attempt = this.lease.attempt + this.tries - 1
      events.emit('failure', { name, key, scheduledFor: new Date(scheduledFor), attempt, error, retryIn })
    } else if (retryIn === null) {
      loop.callExceptionHandler({ message: `job "${name}" failed`, exception: error, job: name })
    }
  }
}
