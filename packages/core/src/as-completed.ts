import { checkTime } from './arguments.ts'
import type { Awaitable, Coroutine, CoroutineFunction } from './awaitable.ts'
import { coroutine } from './coroutine.ts'
import { ensureFuture } from './ensure-future.ts'
import { TimeoutError } from './errors.ts'
import { Future } from './future.ts'
import { TimerHandle } from './handle.ts'
import { ReadyQueue } from './ready-queue.ts'
import { requireRunning } from './running.ts'

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
export function asCompleted<T>(
  items: Iterable<PromiseLike<T> | CoroutineFunction<T>>,
  options: AsCompletedOptions = {},
): Iterable<Awaitable<T>> & AsyncIterable<T> {
  if (options.timeout !== undefined) checkTime(options.timeout, 'the timeout of asCompleted')
  const state = requireRunning('asCompleted()')
  const missing = new Set([...new Set(items)].map((item) => ensureFuture(item, state)))
  const count = missing.size
  const arrived = new ReadyQueue<Future<T> | null>()
  const waiting = new ReadyQueue<Future<undefined>>()
  let timer: TimerHandle | null = null

  const arrive = (future: Future<T> | null): void => {
    arrived.push(future)
    for (let waiter = waiting.shift(); waiter !== undefined; waiter = waiting.shift()) {
      if (waiter.done()) continue
      waiter.setResult(undefined)
      return
    }
  }
  const onDone = (future: Future<T>): void => {
    if (!missing.delete(future)) return
    arrive(future)
    if (missing.size === 0) timer?.cancel()
  }
  const onTimeout = (): void => {
    for (const future of missing) {
      future.removeDoneCallback(onDone)
      arrive(null)
    }
    missing.clear()
  }
  function* nextResult(): Coroutine<T> {
    while (arrived.length === 0) {
      const waiter = new Future<undefined>(state)
      waiting.push(waiter)
      yield* waiter
    }
    const future = arrived.shift()!
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
