import { CONTEXT, type TaskContext } from './task-context.ts'

/**
 * In a task of a module, on a worker: the signal that is aborted when the task should stop (its `signal` was aborted,
 * its `timeout` passed, or it was cancelled with `cancelRunning`). Elsewhere a signal that is never aborted.
 *
 * Reading `aborted` is enough in a computation without a pause. Call it before the first `await`.
 *
 * A function shipped by source has no imports; it is given its signal as an argument:
 * `pool.submit((n, signal) => …, [n, controller.signal])`.
 */
export function taskSignal(): AbortSignal {
  const context = (globalThis as Record<symbol, unknown>)[CONTEXT] as TaskContext | undefined
  return context?.signal() ?? new AbortController().signal
}
