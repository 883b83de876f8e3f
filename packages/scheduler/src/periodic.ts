import type { Coroutine, EventLoop, Task } from '@loop/core'
import { CancelledError, getRunningLoop, sleep } from '@loop/core'
import { settled } from './base/invoke.ts'
import { IntervalSchedule } from './schedule/schedule.ts'

/** What the function of {@link periodic} learns about its run. */
export interface Tick {
  /** Runs so far, this one included. */
  readonly count: number
  /** The loop time, in milliseconds, at which this run was due. */
  readonly scheduledFor: number
  /** Intervals that passed without a run since the one before. */
  readonly missed: number
  readonly loop: EventLoop
}

/** Options of {@link periodic}. */
export interface PeriodicOptions {
  /**
   * 'fixed-rate': runs are due at whole intervals from the start, however long each takes; those that come while one is
   * still running are skipped. 'fixed-delay': one interval lies between the end of a run and the next one's start.
   */
  readonly mode?: 'fixed-rate' | 'fixed-delay'
  /** Runs at once too, not only after the first interval. */
  readonly immediate?: boolean
  /** Ends it when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * Runs `fn` every `interval` milliseconds in a task of the running loop, until the task is cancelled. Lateness does not
 * add up. What `fn` throws goes to the loop's exception handler, and the next interval comes all the same.
 * Throws RangeError when the interval is not a number above 0, TypeError when `fn` is no function.
 *
 * ```ts
 * const ticking = periodic(500, () => console.log('tick'))
 * …
 * ticking.cancel()
 * ```
 */
export function periodic(interval: number, fn: (tick: Tick) => unknown, options: PeriodicOptions = {}): Task<never> {
  if (typeof interval !== 'number' || !Number.isFinite(interval) || interval <= 0) {
    throw new RangeError(`periodic takes an interval in milliseconds above 0, not ${String(interval)}`)
  }
  if (typeof fn !== 'function') throw new TypeError(`periodic takes a function, not ${typeof fn}`)
  const { mode = 'fixed-rate', immediate = false, signal } = options
  const loop = getRunningLoop()
  // The schedule begins now, when it is asked for, not when the task gets its first turn.
  const began = loop.time()
  const body = mode === 'fixed-rate' ? atRate : withDelay
  const task = loop.createTask<never>(() => body(loop, interval, fn, began, immediate), { name: `periodic ${fn.name}` })
  signal?.addEventListener('abort', () => task.cancel(), { once: true })
  if (signal?.aborted === true) task.cancel()
  return task
}

function* atRate(
  loop: EventLoop,
  interval: number,
  fn: (tick: Tick) => unknown,
  began: number,
  immediate: boolean,
): Coroutine<never> {
  const schedule = new IntervalSchedule('monotonic', began, interval)
  let due = immediate ? began : schedule.next(began)
  let missed = 0
  for (let count = 1; ; count++) {
    if (due > loop.time()) yield* sleep(due - loop.time())
    yield* tick(loop, fn, { count, scheduledFor: due, missed, loop })
    // Every interval that has begun is skipped: its run would be late, and the next one would follow on its heels.
    missed = schedule.skip(due, loop.time()).count
    due = schedule.next(Math.max(due, loop.time()))
  }
}

function* withDelay(
  loop: EventLoop,
  interval: number,
  fn: (tick: Tick) => unknown,
  began: number,
  immediate: boolean,
): Coroutine<never> {
  let due = immediate ? began : began + interval
  for (let count = 1; ; count++) {
    if (due > loop.time()) yield* sleep(due - loop.time())
    yield* tick(loop, fn, { count, scheduledFor: due, missed: 0, loop })
    due = loop.time() + interval
  }
}

function* tick(loop: EventLoop, fn: (tick: Tick) => unknown, about: Tick): Coroutine<void> {
  try {
    yield* settled(fn(about))
  } catch (exception) {
    if (exception instanceof CancelledError) throw exception
    loop.callExceptionHandler({ message: 'a periodic function failed', exception })
  }
}
