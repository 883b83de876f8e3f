import type { Coroutine, Suspension } from '@loop/core'

/**
 * Calls a plain, async or generator function inside a generator task and gives what it returns. Only generators and
 * promises are waited for: a list that a plain function returns is a value, although it can be iterated.
 */
export function* invoke<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Coroutine<unknown> {
  const made = fn(...args)
  if (typeof made !== 'object' || made === null) return made
  const { then, throw: fail } = made as { then?: unknown; throw?: unknown }
  if (typeof then === 'function') {
    // The loop's own futures are waited for without a promise.
    return Symbol.iterator in made ? yield* made as Coroutine<unknown> : yield made as PromiseLike<unknown> & Suspension
  }
  return typeof fail === 'function' && Symbol.iterator in made ? yield* made as Coroutine<unknown> : made
}
