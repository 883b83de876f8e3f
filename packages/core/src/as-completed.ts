import { checkList, checkTime } from './arguments.ts'
import { Arrivals } from './arrivals.ts'
import type { Awaitable, Coroutine, CoroutineFunction, ResultOf } from './awaitable.ts'
import { coroutine, lazyCoroutine } from './coroutine.ts'
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

/** What {@link asCompleted} gives. */
export interface Completions<F extends Future, T> extends Iterable<Awaitable<T>>, AsyncIterable<F> {
  [Symbol.asyncIterator](): AsyncIterator<F, undefined>
}

/**
 * What the items become, in the order in which they are done. With `for await` each step gives the future that is done (the
 * item itself, when it is a future or a task); with `for`, entries to await. Either throws what its item threw, and the rest
 * still comes.
 *
 * ```ts
 * for await (const task of asCompleted(tasks)) console.log(task.getName(), await task)
 * for (const next of asCompleted(items)) console.log(await next)
 * ```
 */
export function asCompleted<F extends Future>(items: Iterable<F>, options?: AsCompletedOptions): Completions<F, ResultOf<F>>
export function asCompleted<A extends PromiseLike<unknown> | CoroutineFunction<unknown>>(
  items: Iterable<A>,
  options?: AsCompletedOptions,
): Completions<Future<ResultOf<A>>, ResultOf<A>>
export function asCompleted<T>(
  items: Iterable<PromiseLike<T> | CoroutineFunction<T>>,
  options: AsCompletedOptions = {},
): Completions<Future<T>, T> {
  checkList(items, 'asCompleted')
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
  function* nextDone(): Coroutine<Future<T>> {
    const future = yield* arrivals.take()
    if (future === null) throw new TimeoutError(`not done within ${options.timeout} ms`)
    return future
  }
  function* nextResult(): Coroutine<T> {
    return (yield* nextDone()).result()
  }

  for (const future of missing) future.addDoneCallback(onDone)
  if (count > 0 && options.timeout !== undefined) {
    timer = new TimerHandle(state, state.clock.now() + options.timeout, onTimeout, 0, undefined, null)
    state.addTimer(timer)
  }
  let given = 0
  const iterator: AsyncIterator<Future<T>, undefined> = {
    next() {
      if (given === count) return Promise.resolve({ done: true, value: undefined })
      given++
      // Not an async generator: that would end at the first error, and would await the futures that it gives.
      return Promise.resolve(coroutine(nextStep()))
    },
  }
  function* nextStep(): Coroutine<IteratorResult<Future<T>, undefined>> {
    return { done: false, value: yield* nextDone() }
  }
  return {
    *[Symbol.iterator]() {
      while (given < count) {
        given++
        yield lazyCoroutine(nextResult())
      }
    },
    [Symbol.asyncIterator]: () => iterator,
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
