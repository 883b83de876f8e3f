import { types } from 'node:util'
import { checkCallback, checkLimit } from '../base/checks.ts'
import { InvalidStateError, isCancellation, TimeoutError } from '../base/errors.ts'
import { Handle, startTimer } from '../turn/handle.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { Driver, Scope } from '../turn/scope.ts'
import type { Awaitable, Coroutine } from '../task/awaitable.ts'
import { DRIVER } from '../task/awaitable.ts'
import { coroutine, inScope } from '../task/coroutine.ts'

/**
 * The scope of a {@link timeout}: entered, then expiring once its deadline passed, then expired; or entered, then
 * exited.
 */
export class Timeout {
  private phase: 'entered' | 'expiring' | 'expired' | 'exited' = 'entered'
  private timer: Handle | null = null
  /** What the signal is aborted with. */
  private reason: TimeoutError | null = null
  private readonly cancelling: number

  /** @internal Use `timeout` or `timeoutAt`. */
  constructor(
    private readonly state: LoopState,
    private readonly scope: Scope,
    private deadline: number | null,
    /** What its TimeoutError says. */
    private readonly message: string,
  ) {
    this.cancelling = scope.requested()
    this.reschedule(deadline)
  }

  /** The loop time of the deadline in milliseconds, or null for none. */
  when(): number | null {
    return this.deadline
  }

  /** Aborted when the deadline passes, or the task is cancelled: what is given it really stops. */
  get signal(): AbortSignal {
    return this.scope.signal
  }

  /** Whether the deadline has passed. */
  expired(): boolean {
    return this.phase === 'expiring' || this.phase === 'expired'
  }

  /**
   * Moves the deadline to a loop time, or removes it with null. Throws InvalidStateError once it is over, TypeError for
   * what is not a number.
   */
  reschedule(when: number | null): void {
    checkLimit(when, 'the deadline of reschedule')
    if (this.phase !== 'entered')
      throw new InvalidStateError(`the timeout has already ${this.phase}; it cannot be moved`)
    this.deadline = when
    this.timer?.cancel()
    this.timer = null
    if (when === null) return
    const expire = (): void => {
      this.expire()
    }
    if (when <= this.state.clock.now()) {
      this.timer = new Handle(this.state, expire, 0, undefined, null)
      this.state.push(this.timer)
    } else {
      this.timer = startTimer(this.state, when, expire)
    }
  }

  /** @internal Ends the scope; what to throw instead of `error`, or `error` itself. */
  exit(error: unknown): unknown {
    this.timer?.cancel()
    this.timer = null
    if (this.phase !== 'expiring') {
      this.phase = 'exited'
      return error
    }
    this.phase = 'expired'
    // A cancellation by somebody else, at the same time, goes on as one.
    this.scope.withdraw()
    if (this.scope.requested() > this.cancelling || (isCancellation(error) === null && !this.isOurs(error)))
      return error
    return new TimeoutError(this.message, { cause: error })
  }

  private expire(): void {
    this.timer = null
    this.phase = 'expiring'
    this.reason = new TimeoutError(this.message)
    this.scope.request(this.message, this.reason)
  }

  /**
   * Whether it is what the body made of its aborted signal: the signal's reason, or an error with that as its cause.
   */
  private isOurs(error: unknown): boolean {
    return (
      this.reason !== null && (error === this.reason || (types.isNativeError(error) && error.cause === this.reason))
    )
  }
}

/** The body of a timeout, of either kind of coroutine function. */
export type TimeoutBody<T> = (scope: Timeout) => PromiseLike<T> | Coroutine<T>

/**
 * Runs `body` in the calling task and cancels it after `ms` milliseconds (null for no limit): then TimeoutError is
 * thrown, once the body has cleaned up. A body that waits only for a promise which the loop knows nothing of is left
 * behind at the deadline: it gets CancelledError at its next wait for the loop. Give the scope's `signal` to what takes
 * one.
 *
 * ```ts
 * const response = await timeout(500, ({ signal }) => fetch(url, { signal }))
 * ```
 */
export function timeout<T>(ms: number | null, body: TimeoutBody<T>): Awaitable<T> {
  checkLimit(ms, 'the limit of timeout')
  checkCallback(body, 'timeout')
  const state = requireRunning('timeout()')
  return coroutine(limited(state, ms === null ? null : state.clock.now() + ms, `the deadline of ${ms} ms passed`, body))
}

/** As {@link timeout}, with the deadline as a loop time in milliseconds. */
export function timeoutAt<T>(when: number | null, body: TimeoutBody<T>): Awaitable<T> {
  checkLimit(when, 'the deadline of timeoutAt')
  checkCallback(body, 'timeoutAt')
  return coroutine(limited(requireRunning('timeoutAt()'), when, `the deadline at ${when} ms passed`, body))
}

/** @internal The generator under `timeout` and `waitFor`. */
export function* limited<T>(
  state: LoopState,
  when: number | null,
  message: string,
  body: TimeoutBody<T>,
): Coroutine<T> {
  const driver = (yield DRIVER) as Driver
  const scope = driver.scope.open()
  const limit = new Timeout(state, scope, when, message)
  try {
    const result = yield* inScope(scope, driver, () => body(limit))
    limit.exit(null)
    return result
  } catch (error) {
    throw limit.exit(error)
  } finally {
    scope.close()
  }
}
