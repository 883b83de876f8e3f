import { checkLimit } from './arguments.ts'
import type { Awaitable, Coroutine } from './awaitable.ts'
import { coroutine, inScope } from './coroutine.ts'
import type { Driver } from './coroutine.ts'
import { DRIVER } from './awaitable.ts'
import { Scope } from './scope.ts'
import { CancelledError, InvalidStateError, TimeoutError } from './errors.ts'
import { Handle, TimerHandle } from './handle.ts'
import { requireRunning } from './running.ts'
import type { LoopState } from './state.ts'

/**
 * The scope of a {@link timeout}: entered, then expiring once its deadline passed, then expired; or entered, then exited.
 */
export class Timeout {
  private phase: 'entered' | 'expiring' | 'expired' | 'exited' = 'entered'
  private timer: Handle | null = null
  private readonly cancelling: number

  /** @internal Use `timeout` or `timeoutAt`. */
  constructor(
    private readonly state: LoopState,
    private readonly scope: Scope,
    private deadline: number | null,
  ) {
    this.cancelling = scope.requested()
    this.reschedule(deadline)
  }

  /** The loop time of the deadline in milliseconds, or null for none. */
  when(): number | null {
    return this.deadline
  }

  /** Aborted when the deadline passes, or the task is cancelled. */
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
    if (this.phase !== 'entered') throw new InvalidStateError(`the timeout has already ${this.phase}; it cannot be moved`)
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
      const timer = new TimerHandle(this.state, when, expire, 0, undefined, null)
      this.timer = timer
      this.state.addTimer(timer)
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
    if (this.scope.requested() > this.cancelling || !(error instanceof CancelledError)) return error
    return new TimeoutError('the deadline passed', { cause: error })
  }

  private expire(): void {
    this.timer = null
    this.phase = 'expiring'
    this.scope.request(new TimeoutError('the deadline passed'))
  }
}

/** The body of a timeout, of either kind of coroutine function. */
export type TimeoutBody<T> = (scope: Timeout) => PromiseLike<T> | Coroutine<T>

/**
 * Runs `body` in the calling task and cancels it after `ms` milliseconds (null for no limit): then TimeoutError is thrown.
 *
 * ```ts
 * await timeout(500, async (scope) => { … scope.reschedule(loop.time() + 500) … })
 * ```
 */
export function timeout<T>(ms: number | null, body: TimeoutBody<T>): Awaitable<T> {
  checkLimit(ms, 'the limit of timeout')
  const state = requireRunning('timeout()')
  return coroutine(limited(state, ms === null ? null : state.clock.now() + ms, body))
}

/** As {@link timeout}, with the deadline as a loop time in milliseconds. */
export function timeoutAt<T>(when: number | null, body: TimeoutBody<T>): Awaitable<T> {
  checkLimit(when, 'the deadline of timeoutAt')
  return coroutine(limited(requireRunning('timeoutAt()'), when, body))
}

function* limited<T>(state: LoopState, when: number | null, body: TimeoutBody<T>): Coroutine<T> {
  const driver = (yield DRIVER) as Driver
  const scope = new Scope(driver.place)
  const limit = new Timeout(state, scope, when)
  let result: T
  try {
    result = yield* inScope(scope, driver, () => body(limit))
  } catch (error) {
    throw limit.exit(error)
  } finally {
    scope.close()
  }
  limit.exit(null)
  return result
}
