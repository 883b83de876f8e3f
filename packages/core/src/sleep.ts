import type { Awaitable, Suspension } from './awaitable.ts'
import { Thenable } from './awaitable.ts'
import type { Runnable } from './contracts.ts'
import type { Future } from './future.ts'
import { Future as LoopFuture } from './future.ts'
import { TimerHandle } from './handle.ts'
import { requireRunning } from './running.ts'
import type { Cancellable, LoopState, TaskLike } from './state.ts'

/**
 * Suspends the calling coroutine for `ms` milliseconds and gives `value`; 0 and less let the loop run one turn.
 * In both forms: `await sleep(100)`, `yield* sleep(100)`. Throws TypeError when `ms` is not a number.
 */
export function sleep(ms: number): Awaitable<undefined>
export function sleep<T>(ms: number, value: T): Awaitable<T>
export function sleep<T>(ms: number, value?: T): Awaitable<T | undefined> {
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError(`sleep takes a number of milliseconds, not ${typeof ms === 'number' ? 'NaN' : typeof ms}`)
  }
  const state = requireRunning('sleep()')
  if (ms > 0) return sleepUntil(state, state.clock.now() + ms, value)
  const task = state.currentTask()
  if (task?.isGenerator === true) return new OneTurn(state, value)
  return resumeNextTurn(state, task, value) as Promise<T | undefined> & Awaitable<T | undefined>
}

/** `sleep(0)` for code that has no value to carry. */
export function giveWay(): PromiseLike<undefined> {
  const state = requireRunning('sleep()')
  return resumeNextTurn(state, state.currentTask(), undefined)
}

/** Timer, then future, then wake-up: two turns, as in asyncio. */
function sleepUntil<T>(state: LoopState, deadline: number, value: T): Future<T> {
  const future = new SleepFuture<T>(state)
  future.timer = new TimerHandle(state, deadline, wakeSleeper, 2, undefined, [future, value])
  state.addTimer(future.timer)
  return future
}

function wakeSleeper<T>(future: Future<T>, value: T): void {
  if (!future.done()) future.setResult(value)
}

/** Takes its timer along when it is cancelled. */
class SleepFuture<T> extends LoopFuture<T> {
  timer: TimerHandle | null = null

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.timer?.cancel()
    return true
  }
}

/**
 * The step of an async task after `sleep(0)`: a native promise, because awaiting one costs half of awaiting a thenable.
 * It registers nothing with the task: a cancellation finds the task waiting for nothing, and is thrown by this step.
 */
function resumeNextTurn<T>(state: LoopState, task: TaskLike | null, value: T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    state.push(new NextTurn(state, task, value, resolve, reject))
  })
}

class NextTurn<T> implements Runnable, Cancellable {
  constructor(
    private readonly state: LoopState,
    private readonly task: TaskLike | null,
    private readonly value: T,
    private readonly resolve: (value: T) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  run(): void {
    const { task } = this
    if (task !== null) {
      this.state.current = task
      const cancellation = task.stopWaiting(this)
      if (cancellation !== null) {
        this.reject(cancellation)
        return
      }
    }
    this.resolve(this.value)
  }

  cancel(): boolean {
    return false
  }
}

/** `sleep(0)` of a generator task: suspends with nothing to wait for, which means one turn. */
class OneTurn<T> extends Thenable<T> implements Awaitable<T>, Iterator<Suspension, T> {
  private suspended = false

  constructor(
    private readonly state: LoopState,
    private readonly value: T,
  ) {
    super()
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return resumeNextTurn(this.state, this.state.currentTask(), this.value).then(onFulfilled, onRejected)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Suspension, T> {
    if (this.suspended) return { done: true, value: this.value }
    this.suspended = true
    return { done: false, value: null }
  }

  throw(reason: unknown): never {
    throw reason
  }
}
