import type { Coroutine, Suspension } from '@loop/core'

/**
 * Whether what a function returned must be waited for: a promise, a future or a generator. A list is a value, although
 * it can be iterated.
 */
export function isWaitable(made: unknown): made is object {
  if (typeof made !== 'object' || made === null) return false
  const { then, throw: fail } = made as { then?: unknown; throw?: unknown }
  return typeof then === 'function' || (typeof fail === 'function' && Symbol.iterator in made)
}

/** Waits for what a function returned, where it must be waited for, and gives its result. */
export function* settled(made: unknown): Coroutine<unknown> {
  if (!isWaitable(made)) return made
  // Generators, and the loop's own futures, need no promise.
  return Symbol.iterator in made ? yield* made as Coroutine<unknown> : yield made as PromiseLike<unknown> & Suspension
}
