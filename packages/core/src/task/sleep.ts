import type { Runnable } from '../contracts/observe.ts'
import { checkTime } from '../base/checks.ts'
import { CancelledError } from '../base/errors.ts'
import { withResolvers, resolveAsIs } from '../base/with-resolvers.ts'
import type { LoopState, TimerEntry } from '../turn/loop-state.ts'
import { requireScope } from '../turn/running.ts'
import type { Cancellable, Scope } from '../turn/scope.ts'
import type { Awaitable, Suspension } from './awaitable.ts'
import { ONE_TURN, Thenable, yieldable } from './awaitable.ts'
import { Future, throwTraced } from './future.ts'

/**
 * Suspends the calling coroutine for `ms` milliseconds and gives `value`; 0 and less let the loop run one turn.
 * In both forms: `await sleep(100)`, `yield* sleep(100)`. Throws TypeError when `ms` is not a number.
 */
export function sleep(ms: number): Awaitable<undefined>
export function sleep<T>(ms: number, value: T): Awaitable<T>
export function sleep<T>(ms: number, value?: T): Awaitable<T | undefined> {
  checkTime(ms, 'the delay of sleep')
  const scope = requireScope('sleep()')
  const state = scope.state as LoopState
  if (ms > 0) return new Sleep(state, state.clock.now() + ms, value)
  if (scope.task?.isGenerator === true) return value === undefined ? ONE_TURN_OF_NOTHING : new OneTurn(value)
  return yieldable(resumeNextTurn(state, scope, value))
}

/** `sleep(0, value)` for code that drives coroutines. */
function nextTurn<T>(value: T): PromiseLike<T> {
  const scope = requireScope('sleep()')
  return resumeNextTurn(scope.state as LoopState, scope, value)
}

/**
 * A sleeper is its own timer: due, it sets its result, which schedules the wake-up of who awaits it. Two turns, as in
 * asyncio. A cancelled future is a cancelled timer.
 */
class Sleep<T> extends Future<T> implements TimerEntry {
  sequence = 0
  private waiting = true

  constructor(
    state: LoopState,
    readonly deadline: number,
    private readonly outcome: T,
  ) {
    super(state)
    state.addTimer(this)
  }

  due(): void {
    this.waiting = false
  }

  run(): void {
    if (!this.done()) this.setResult(this.outcome)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    if (this.waiting) this.state.timers.noteCancelled()
    return true
  }

  protected override notAwaited(): void {
    if (!this.isWatched) this.cancel()
  }
}

/**
 * The step of an async task after `sleep(0)`: a native promise, because awaiting one costs half of awaiting a thenable.
 */
export function resumeNextTurn<T>(state: LoopState, scope: Scope, value: T): Promise<T> {
  const { promise, resolve, reject } = withResolvers<T>()
  const next = new NextTurn(state, scope, value, resolve, reject)
  const refusal = scope.startWaiting(next)
  if (refusal !== null) return throwTraced(refusal)
  state.push(next)
  return promise
}

/** It cannot be cancelled: a request meets it when it runs, in the turn in which it would anyway. */
class NextTurn<T> implements Runnable, Cancellable {
  constructor(
    private readonly state: LoopState,
    private readonly scope: Scope,
    private readonly value: T,
    private readonly resolve: (value: T | PromiseLike<T>) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  /** For observers, which name a wake-up by its task. */
  get task(): unknown {
    return this.scope.task
  }

  run(): void {
    this.state.current = this.scope
    const cancellation = this.scope.stopWaiting(this)
    if (cancellation === null) resolveAsIs(this.resolve, this.value)
    else throwTraced(cancellation).then(this.resolve as () => void, this.reject)
  }

  cancel(): boolean {
    return false
  }
}

/** `sleep(0)` of a generator task: it yields {@link ONE_TURN} and ends when that comes back. */
class OneTurn<T> extends Thenable<T> implements Awaitable<T>, Iterator<Suspension, T> {
  private readonly resumed: IteratorResult<Suspension, T>

  constructor(private readonly value: T) {
    super()
    this.resumed = { done: true, value }
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(nextTurn(this.value)).then(onFulfilled, onRejected)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(sent?: unknown): IteratorResult<Suspension, T> {
    return sent === ONE_TURN ? this.resumed : SUSPENDED
  }

  throw(reason: unknown): never {
    CancelledError.trace(reason, this.throw)
    throw reason
  }
}

const SUSPENDED: IteratorResult<Suspension, never> = { done: false, value: ONE_TURN }
/** It has no state, so one serves every `yield* sleep(0)`. */
const ONE_TURN_OF_NOTHING = new OneTurn(undefined)
