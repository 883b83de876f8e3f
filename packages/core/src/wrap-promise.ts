import type { Future } from './future.ts'
import { requireRunning } from './running.ts'
import type { Foreign } from './wrap.ts'
import { wrapPromise as wrapOn } from './wrap.ts'

/** `loop.wrap` of the running loop. Throws InvalidStateError when none runs. */
export function wrapPromise<T>(source: Foreign<T>): Future<T> {
  return wrapOn(requireRunning('wrapPromise()'), source)
}
