import type { Coroutine, Future } from '@loop/core'

/**
 * Waits for a socket that is being opened. A task that is cancelled when it is open already, and before it goes on,
 * does not get it: then nobody has it, and `discard` closes it.
 */
export function* opened<T>(opening: Future<T>, discard: (opened: T) => void): Coroutine<T> {
  try {
    return yield* opening
  } catch (error) {
    if (opening.done() && !opening.cancelled() && opening.exception() === null) discard(opening.result())
    throw error
  }
}
