import { checkTime } from './arguments.ts'
import { Arrivals } from './arrivals.ts'
import type { Awaitable, Coroutine, CoroutineFunction, ResultOf } from './awaitable.ts'
import { coroutine } from './coroutine.ts'
import { ensureFuture } from './ensure-future.ts'
import { TimeoutError } from './errors.ts'
import type { Future } from './future.ts'
import { TimerHandle } from './handle.ts'
import { requireRunning } from './running.ts'
import type { LoopState } from './state.ts'

/** Options of {@link asCompleted}. */
export interface AsCompletedOptions {
  /** Milliseconds after which what is still missing throws TimeoutError. */
  readonly timeout?: number
}

/**
 * The results in the order in which they come. Each entry is awaited, and throws what its item threw:
 *
 * ```ts
 * for (const next of asCompleted(items)) console.log(await next)
 * for await (const result of asCompleted(items)) console.log(result)
 * ```
 */
export function asCompleted<A extends PromiseLike<unknown> | CoroutineFunction<unknown>>(
  items: Iterable<A>,
  options?: AsCompletedOptions,
): Iterable<Awaitable<ResultOf<A>>> & AsyncIterable<ResultOf<A>>
export function asCompleted<T>(
  items: Iterable<PromiseLike<T> | CoroutineFunction<T>>,
  options: AsCompletedOptions = {},
): Iterable<Awaitable<T>> & AsyncIterable<T> {
  if (options.timeout !== undefined) checkTime(options.timeout, 'the timeout of asCompleted')
  const state = requireRunning('asCompleted()')
  const missing = distinct(items, state)
  const count = missing.size
  const arrivals = new Arrivals<Future<T> | null>(state)
  let timer: TimerHandle | null = null

  const onDone = (future: Future<T>): void => {
    if (!missing.delete(future)) return
    arrivals.put(future)
    if (missing.size === 0) timer?.cancel()
  }
  const onTimeout = (): void => {
    for (const future of missing) {
      future.removeDoneCallback(onDone)
      arrivals.put(null)
    }
    missing.clear()
  }
  function* nextResult(): Coroutine<T> {
    const future = yield* arrivals.take()
    if (future === null) throw new TimeoutError(`not done within ${options.timeout} ms`)
    return future.result()
  }

  for (const future of missing) future.addDoneCallback(onDone)
  if (count > 0 && options.timeout !== undefined) {
    timer = new TimerHandle(state, state.clock.now() + options.timeout, onTimeout, 0, undefined, null)
    state.addTimer(timer)
  }
  return {
    *[Symbol.iterator]() {
      for (let given = 0; given < count; given++) yield coroutine(nextResult())
    },
    async *[Symbol.asyncIterator]() {
      for (let given = 0; given < count; given++) yield await coroutine(nextResult())
    },
  }
}

/** The futures of the items. One given twice is one; a function given twice means two tasks, as two coroutines do in asyncio. */
function distinct<T>(items: Iterable<PromiseLike<T> | CoroutineFunction<T>>, state: LoopState): Set<Future<T>> {
  const futures = new Set<Future<T>>()
  const known = new Set<unknown>()
  for (const item of items) {
    if (known.has(item)) continue
    if (typeof item !== 'function') known.add(item)
    futures.add(ensureFuture(item, state))
  }
  return futures
}
