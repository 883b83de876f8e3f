import { checkList, checkTime } from '../base/checks.ts'
import { TimeoutError } from '../base/errors.ts'
import { ReadyQueue } from '../base/ready-queue.ts'
import type { TimerHandle } from '../turn/handle.ts'
import { startTimer } from '../turn/handle.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { Awaitable, Coroutine, CoroutineFunction, ResultOf } from '../task/awaitable.ts'
import { coroutine, lazyCoroutine } from '../task/coroutine.ts'
import { checkItem, ensureFuture } from '../task/ensure-future.ts'
import { Future } from '../task/future.ts'

/** Options of {@link asCompleted}. */
export interface AsCompletedOptions {
  /** Milliseconds after which what is still missing throws TimeoutError. */
  readonly timeout?: number
}

/**
 * The results in the order in which they come. Each entry throws what its item threw, and the rest still comes: with
 * `for` each is awaited by itself, and a `for await` that an error has ended can be entered again.
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
  checkList(items, 'asCompleted')
  if (options.timeout !== undefined) checkTime(options.timeout, 'the timeout of asCompleted')
  const state = requireRunning('asCompleted()')
  const list = [...items]
  for (const item of list) checkItem(item, state)
  const missing = distinct(list, state)
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
  function* nextStep(): Coroutine<IteratorResult<T, undefined>> {
    return { done: false, value: yield* nextResult() }
  }

  for (const future of missing) future.addDoneCallback(onDone)
  if (count > 0 && options.timeout !== undefined)
    timer = startTimer(state, state.clock.now() + options.timeout, onTimeout)
  let given = 0
  // Not an async generator, which would end at the first error.
  const steps: AsyncIterator<T, undefined> = {
    next() {
      if (given === count) return Promise.resolve({ done: true, value: undefined })
      given++
      return Promise.resolve(coroutine(nextStep()))
    },
  }
  return {
    *[Symbol.iterator]() {
      while (given < count) {
        given++
        yield lazyCoroutine(nextResult())
      }
    },
    [Symbol.asyncIterator]: () => steps,
  }
}

/**
 * The futures of the items. One given twice is one; a function given twice means two tasks, as two coroutines do in
 * asyncio.
 */
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

/**
 * What has arrived, taken in order by those who wait for it, in their order; the smallest queue that core can do with.
 */
class Arrivals<T> {
  private readonly arrived = new ReadyQueue<T>()
  private readonly waiting = new ReadyQueue<Future<undefined>>()

  constructor(private readonly state: LoopState) {}

  /** Adds an entry and wakes the first who waits. */
  put(entry: T): void {
    this.arrived.push(entry)
    this.wakeNext()
  }

  /** Takes the next entry, waiting for it if need be. Cancelled after it was woken, a taker wakes the next one. */
  *take(): Coroutine<T> {
    while (this.arrived.length === 0) {
      const waiter = new Future<undefined>(this.state)
      this.waiting.push(waiter)
      let resumed = false
      try {
        yield* waiter
        resumed = true
      } finally {
        if (!resumed && !waiter.cancelled() && this.arrived.length > 0) this.wakeNext()
      }
    }
    return this.arrived.shift() as T
  }

  private wakeNext(): void {
    for (let waiter = this.waiting.shift(); waiter !== undefined; waiter = this.waiting.shift()) {
      if (waiter.done()) continue
      waiter.setResult(undefined)
      return
    }
  }
}
