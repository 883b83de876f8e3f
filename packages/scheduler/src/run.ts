/**
 * One run of a job: its tries, from the lease to the record of how it ended.
 *
 *     try ─ ok ──────────────────────────────> success
 *      ▲  └ failed ─ tries left ─ wait ─┐  └─> failure
 *      └────────────────────────────────┘   (cancelled at any point) ─> cancelled
 */
import type { Coroutine, EventLoop, Task } from '@loop/core'
import { CancelledError, sleep, waitFor } from '@loop/core'
import type { RetryPlan } from './definition.ts'
import { UnstorableResultError } from './errors.ts'
import type { Emitter } from './events.ts'
import type { Job } from './job.ts'
import { invoke } from './invoke.ts'
import { HandlerRun } from './job-run.ts'
import type { JobStore, Lease, RunRecord } from './store.ts'
import type { WallClock } from './wall-clock.ts'

/** Why a run was cancelled: by `cancel`, by a newer occurrence, because the scheduler ends, or its lease was lost. */
export type CancelReason = 'cancel' | 'replace' | 'close' | 'lost'

/** What runs need of their scheduler. */
export interface RunContext {
  readonly loop: EventLoop
  readonly wall: WallClock
  readonly store: JobStore
  readonly events: Emitter
}

/** A run in progress. */
export class Run {
  /** @internal The task that runs it. */
  task: Task | null = null
  /** Why it was asked to end, if it was. */
  reason: CancelReason | null = null
  /** The error of the last try. */
  error: unknown = null
  private over = false
  private tries = 0

  constructor(
    private readonly context: RunContext,
    readonly job: Job,
    readonly lease: Lease,
  ) {}

  /** Asks it to end. Once the handler has ended nothing is cancelled any more: the record must be written. */
  cancel(reason: CancelReason): void {
    if (this.over || this.reason !== null) return
    this.reason = reason
    this.task?.cancel(`job "${this.job.name}" was cancelled`)
  }

  /** Runs the handler, again where the retry plan says so. Never throws. */
  *perform(): Coroutine<RunRecord> {
    const { context } = this
    const { retry } = this.job.definition
    const startedAt = context.wall.now()
    const began = context.loop.time()
    const record = (outcome: RunRecord['outcome'], result: unknown, error: string | null): RunRecord => {
      this.over = true
      return { outcome, result, error, startedAt, duration: context.loop.time() - began }
    }
    for (;;) {
      try {
        const result: unknown = yield* this.attempt()
        return record('success', this.encode(result), null)
      } catch (error) {
        this.error = error
        if (this.reason !== null || error instanceof CancelledError) return record('cancelled', null, describe(error))
        const wait = this.nextDelay(retry, error)
        this.reportFailure(error, wait)
        if (wait === null) return record('failure', null, describe(error))
        const cut = yield* this.pause(wait)
        if (cut !== null) return record('cancelled', null, describe(cut))
      }
    }
  }

  private *attempt(): Coroutine<unknown> {
    const { timeout } = this.job.definition
    this.tries++
    if (timeout === null) return yield* this.handle()
    // A task of its own, so that the timeout aborts the signal of this try and not of the next.
    return yield* waitFor(() => this.handle(), timeout)
  }

  private *handle(): Coroutine<unknown> {
    const { loop, wall, events } = this.context
    const { name, handler, executor } = this.job.definition
    const { lease } = this
    const attempt = lease.attempt + this.tries - 1
    const run = new HandlerRun(loop, lease, wall.now(), attempt)
    if (events.heard('run')) {
      events.emit('run', { name, key: lease.key, scheduledFor: run.scheduledFor, startedAt: run.startedAt, attempt })
    }
    if (executor !== null) return yield* loop.runInExecutor(executor, handler as (run: unknown) => unknown, run.shipped())
    return yield* invoke(handler, run)
  }

  private encode(result: unknown): unknown {
    try {
      return this.context.store.encode(result)
    } catch (error) {
      throw new UnstorableResultError(this.job.name, (error as Error).message, { cause: error })
    }
  }

  /** Milliseconds until the next try, or null when there is none. */
  private nextDelay(retry: RetryPlan | null, error: unknown): number | null {
    if (retry === null || this.tries >= retry.attempts || error instanceof UnstorableResultError) return null
    return Math.min(retry.delay * retry.factor ** (this.tries - 1), retry.maxDelay)
  }

  private *pause(ms: number): Coroutine<CancelledError | null> {
    try {
      yield* sleep(ms)
      return null
    } catch (error) {
      if (error instanceof CancelledError) return error
      throw error
    }
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

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
