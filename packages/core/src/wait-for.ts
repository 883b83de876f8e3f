import { checkLimit } from './arguments.ts'
import type { Awaitable, Coroutine, CoroutineFunction } from './awaitable.ts'
import { call, coroutine } from './coroutine.ts'
import { ensureFuture } from './ensure-future.ts'
import { CancelledError, TimeoutError } from './errors.ts'
import type { Future } from './future.ts'
import { Joining } from './joining.ts'
import { requireRunning } from './running.ts'
import type { LoopState } from './state.ts'
import { release, releaseAfter } from './wait.ts'

/**
 * Waits for `source` at most `ms` milliseconds (null for ever). In the end it is cancelled, its clean-up is awaited, and
 * TimeoutError is thrown. Cancelling the wait cancels `source` too. The semantics are those of CPython 3.11.
 */
export function waitFor<T>(source: PromiseLike<T> | CoroutineFunction<T>, ms: number | null): Awaitable<T> {
  checkLimit(ms, 'the limit of waitFor')
  const state = requireRunning('waitFor()')
  return coroutine(ms === null ? unlimited(state, source) : limited(state, source, ms))
}

/** With no limit to enforce, a coroutine function runs in the calling task, without a task of its own. */
function* unlimited<T>(state: LoopState, source: PromiseLike<T> | CoroutineFunction<T>): Coroutine<T> {
  return typeof source === 'function' ? yield* call<[], T>(source) : yield* ensureFuture(source, state)
}

function* limited<T>(state: LoopState, source: PromiseLike<T> | CoroutineFunction<T>, ms: number): Coroutine<T> {
  if (ms <= 0) {
    const future = ensureFuture(source, state)
    if (future.done()) return future.result()
    yield* cancelAndWait(state, future)
    return resultInTime(future, ms)
  }
  const waiter = new Joining<undefined>(state, 'waitFor()', () => [future])
  const timer = releaseAfter(state, ms, waiter)
  const future = ensureFuture(source, state)
  const onDone = (): void => {
    release(waiter)
  }
  future.addDoneCallback(onDone)
  try {
    try {
      yield* waiter
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
      if (future.done()) return future.result()
      future.removeDoneCallback(onDone)
      // The source must not run on after the wait has ended.
      yield* cancelAndWait(state, future)
      throw error
    }
    if (future.done()) return future.result()
    future.removeDoneCallback(onDone)
    yield* cancelAndWait(state, future)
    return resultInTime(future, ms)
  } finally {
    timer.cancel()
  }
}

/** The result, with a cancellation turned into a timeout. Other failures of the clean-up are thrown as they are. */
function resultInTime<T>(future: Future<T>, ms: number): T {
  try {
    return future.result()
  } catch (error) {
    // Not `cancelled()`: a gather whose child was cancelled has failed with CancelledError.
    if (!(error instanceof CancelledError)) throw error
    throw new TimeoutError(`not done within ${ms} ms`, { cause: error })
  }
}

/** Waits on a waiter of its own, so that a second cancellation ends this wait rather than being passed to `future` again. */
function* cancelAndWait(state: LoopState, future: Future): Coroutine<void> {
  const waiter = new Joining<undefined>(state, 'waitFor()', () => [future])
  const onDone = (): void => {
    release(waiter)
  }
  future.addDoneCallback(onDone)
  try {
    future.cancel()
    yield* waiter
  } finally {
    future.removeDoneCallback(onDone)
  }
}
