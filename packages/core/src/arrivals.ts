import type { Coroutine } from './awaitable.ts'
import { Future } from './future.ts'
import { ReadyQueue } from './ready-queue.ts'
import type { LoopState } from './state.ts'

/**
 * What has arrived, taken in order by those who wait for it, in their order; the smallest queue that core can do with.
 */
export class Arrivals<T> {
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
