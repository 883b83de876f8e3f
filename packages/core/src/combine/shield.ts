import { requireRunning } from '../turn/running.ts'
import type { CoroutineFunction } from '../task/awaitable.ts'
import { ensureFuture } from '../task/ensure-future.ts'
import { Future } from '../task/future.ts'
import { Joining } from './joining.ts'

/**
 * A future of `source` that can be cancelled without cancelling `source`. Keep `source` somewhere: nobody else may.
 */
export function shield<T>(source: PromiseLike<T> | CoroutineFunction<T>): Future<T> {
  const inner = ensureFuture(source, source instanceof Future ? undefined : requireRunning('shield()'))
  if (inner.done()) return inner
  const outer = new Joining<T>(inner.state, 'shield()', () => [inner])
  const innerDone = (): void => {
    // Looking at the failure keeps it from being reported as unseen when the outer future was cancelled.
    const failure = inner.succeeded ? null : inner.failure()
    if (outer.done()) return
    if (inner.cancelled()) outer.cancel()
    else if (inner.succeeded) outer.setResult(inner.result())
    else outer.setException(failure)
  }
  inner.addDoneCallback(innerDone)
  outer.addDoneCallback(() => {
    if (!inner.done()) inner.removeDoneCallback(innerDone)
  })
  return outer
}
