import { checkLimit } from '../base/checks.ts'
import { isCancellation, TimeoutError } from '../base/errors.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireScope } from '../turn/running.ts'
import type { Awaitable, Coroutine, CoroutineFunction } from '../task/awaitable.ts'
import { call, coroutine } from '../task/coroutine.ts'
import { checkItem, ensureFuture } from '../task/ensure-future.ts'
import type { Future } from '../task/future.ts'
import { Joining } from './joining.ts'
import { limited } from './timeout.ts'
import { release } from './wait.ts'

/**
 * Waits for `source` at most `ms` milliseconds (null for ever). In the end it is cancelled, its clean-up is awaited,
 * and TimeoutError is thrown. Cancelling the wait cancels `source` too. A coroutine function runs in the calling task,
 * as the body of a {@link timeout} does.
 */
export function waitFor<T>(source: PromiseLike<T> | CoroutineFunction<T>, ms: number | null): Awaitable<T> {
  checkLimit(ms, 'the limit of waitFor')
  const scope = requireScope('waitFor()')
  const state = scope.state as LoopState
  checkItem(source, state)
  if (ms !== null && ms <= 0) return coroutine(onlyWhatIsDone(state, ensureFuture(source, state), ms))
  const body = typeof source === 'function' ? source : () => ensureFuture(source, state)
  // Code that was left behind is refused the wait for the future itself, which then lets go of what nobody else waits
  // for.
  const refused = typeof source !== 'function' && scope.isAbandoned()
  return coroutine(
    ms === null || refused ? call(body) : limited(state, state.clock.now() + ms, notDoneWithin(ms), body),
  )
}

function* onlyWhatIsDone<T>(state: LoopState, future: Future<T>, ms: number): Coroutine<T> {
  if (future.done()) return future.result()
  yield* cancelAndWait(state, future)
  try {
    return future.result()
  } catch (error) {
    // Not `cancelled()`: a gather whose child was cancelled has failed with CancelledError.
    if (isCancellation(error) === null) throw error
    throw new TimeoutError(notDoneWithin(ms), { cause: error })
  }
}

function notDoneWithin(ms: number): string {
  return `not done within ${ms} ms`
}

/**
 * Waits on a waiter of its own, so that a second cancellation ends this wait rather than being passed to `future`
 * again.
 */
function* cancelAndWait(state: LoopState, future: Future): Coroutine<void> {
  const waiter = new Joining<undefined>(state, 'waitFor()', () => [future])
  const onDone = (): void => {
    release(waiter)
  }
  future.addDoneCallback(onDone)
  try {
    future.cancel('the limit of waitFor passed')
    yield* waiter
  } finally {
    future.removeDoneCallback(onDone)
  }
}
