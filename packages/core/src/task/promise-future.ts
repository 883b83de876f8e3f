import { CancelledError, isCancellation } from '../base/errors.ts'
import { isThenable } from '../base/kinds.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { Cancellable } from '../turn/scope.ts'
import { Future } from './future.ts'

/** A promise, or a function that is given an AbortSignal and starts one. */
export type Foreign<T> = PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)

/**
 * A future over a promise of another library: cancelling it aborts the signal that the function was given, or calls the
 * promise's own `cancel`.
 */
class ForeignFuture<T> extends Future<T> {
  private readonly controller: AbortController | null
  private readonly promise: PromiseLike<T> & Partial<Cancellable>

  constructor(state: LoopState, source: Foreign<T>) {
    super(state)
    this.controller = typeof source === 'function' ? new AbortController() : null
    this.promise = typeof source === 'function' ? source(this.controller!.signal) : source
    if (!isThenable(this.promise)) {
      throw new TypeError(
        `wrap takes a promise, or a function that returns one, not ${typeof source === 'function' ? 'a function that returns ' : ''}${typeof this.promise}`,
      )
    }
    state.promises++
    const fulfilled = (value: T): void => {
      if (this.settles()) this.setResult(value)
    }
    const rejected = (error: unknown): void => {
      if (!this.settles()) return
      const cancellation = isCancellation(error)
      if (cancellation === null) this.setException(error)
      else this.endCancelled(cancellation.message)
    }
    // Not `then` of a future: that would put it down to the task that runs now, or refuse it for another loop's.
    if (this.promise instanceof Future)
      void this.promise.awaitedBy(null, fulfilled as (value: unknown) => void, rejected)
    else this.promise.then(fulfilled, rejected)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.state.promises--
    this.controller?.abort(new CancelledError(message))
    this.promise.cancel?.(message)
    return true
  }

  protected override notAwaited(): void {
    if (!this.isWatched) this.cancel()
  }

  /** Whether the promise settles this future: not when it was cancelled before. */
  private settles(): boolean {
    if (this.done()) return false
    this.state.promises--
    return true
  }
}

/** See `loop.wrap`. */
export function promiseFuture<T>(state: LoopState, source: Foreign<T>): Future<T> {
  return new ForeignFuture(state, source)
}

/** `loop.wrap` of the running loop. Throws InvalidStateError when none runs. */
export function wrapPromise<T>(source: Foreign<T>): Future<T> {
  return promiseFuture(requireRunning('wrapPromise()'), source)
}
