/** `toThread`, and the executor behind it. */
import { getRunningLoop, NotSupportedError, type Future } from '@loop/core'
import { ThreadPoolExecutor } from './thread-pool.ts'

/**
 * Makes the default executor: a thread pool of `min(32, cpus + 4)` workers, which start with the work. Give it to a
 * loop as `new EventLoop({ executor: defaultExecutor })`; it is called on first use.
 */
export function defaultExecutor(): ThreadPoolExecutor {
  return new ThreadPoolExecutor({ namePrefix: 'loop-default' })
}

/**
 * Runs `fn(...args)` on a thread of the running loop's default executor, which is made when the loop has none;
 * asyncio's `to_thread`. The AsyncLocalStorage
 * context of the caller is that of what awaits the result. Throws InvalidStateError outside a loop.
 *
 * @example
 * const total = await toThread((n: number) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }, 1e8)
 */
export function toThread<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R> {
  const loop = getRunningLoop()
  try {
    return loop.runInExecutor(null, fn, ...args)
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error
    // The loop was made without an executor: this is its first use.
    loop.setDefaultExecutor(defaultExecutor())
    return loop.runInExecutor(null, fn, ...args)
  }
}
