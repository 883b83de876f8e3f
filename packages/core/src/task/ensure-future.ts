import { checkCoroutineFunction } from '../base/checks.ts'
import { describe } from '../base/describe.ts'
import { InvalidStateError } from '../base/errors.ts'
import { isThenable } from '../base/kinds.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { CoroutineFunction } from './awaitable.ts'
import { Future } from './future.ts'
import { promiseFuture } from './promise-future.ts'
import { Task } from './task.ts'

/**
 * A future of `source`: itself if it is one, a task of a coroutine function, a wrapped promise.
 * Throws TypeError for anything else, InvalidStateError outside a running loop and for a future of another loop.
 */
export function ensureFuture<T>(source: PromiseLike<T> | CoroutineFunction<T>, state?: LoopState): Future<T> {
  if (source instanceof Future) {
    if (state !== undefined) checkSameLoop(source as Future<T>, state)
    return source as Future<T>
  }
  const on = state ?? requireRunning('ensureFuture()')
  on.checkOpen()
  if (typeof source === 'function') return new Task<T>(on, source)
  if (isThenable(source)) return promiseFuture(on, source as PromiseLike<T>)
  throw notAwaitable(source)
}

/** Throws as {@link ensureFuture} would for one of several items, before any task is made of another. */
export function checkItem(item: unknown, state: LoopState): void {
  if (item instanceof Future) checkSameLoop(item, state)
  else if (typeof item === 'function') checkCoroutineFunction(item, 'the list')
  else if (!isThenable(item)) throw notAwaitable(item)
}

function notAwaitable(source: unknown): TypeError {
  return new TypeError(`expected a future, a promise or a coroutine function, not ${describe(source)}`)
}

/** Throws InvalidStateError for a future of another loop: waiting for it here would never end. */
export function checkSameLoop(future: Future, state: LoopState): void {
  if (future.state !== state)
    throw new InvalidStateError('the future belongs to another loop; wait for it through loop.wrap(future)')
}
