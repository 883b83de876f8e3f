import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine, InvalidStateError } from '@loop/core'
import { ReadyQueue } from '@loop/core/lowlevel'
import { QueueEmpty, QueueFull, QueueShutDown } from './errors.ts'
import type { ItemStore } from './item-store.ts'
import { NOTHING, ready } from './ready.ts'
import { WaitQueue } from './wait-queue.ts'

/** First in, first out. */
class FifoStore<T> extends ReadyQueue<T> implements ItemStore<T> {
  put(item: T): void {
    this.push(item)
  }

  take(): T {
    return this.shift() as T
  }
}

/**
 * A queue between tasks, first in first out, with an optional limit on which `put` waits.
 *
 * ```ts
 * const queue = new Queue<Job>(100)
 * await queue.put(job)          // in the producers
 * const job = await queue.get() // in the consumers
 * queue.taskDone()
 * await queue.join()            // until every item has been marked done
 * ```
 *
 * `get` and `put` do their work in the step of the task that called them: an item is in the queue or in a task, never
 * on the way, so that a cancelled `get` cannot lose one.
 */
export class Queue<T> {
  /** How many items it takes before `put` waits; 0 for no limit. */
  readonly maxsize: number
  private readonly getters = new WaitQueue('queue', undefined)
  private readonly putters = new WaitQueue('queue', undefined)
  private readonly joiners = new WaitQueue<void>('queue', undefined)
  private unfinished = 0
  private isShutDown = false

  /**
   * @param maxsize How many items it takes before `put` waits; 0 (the default) or less for no limit
   * @param items What the items are kept in; a queue of your own order passes one
   */
  constructor(
    maxsize = 0,
    private readonly items: ItemStore<T> = new FifoStore<T>(),
  ) {
    if (typeof maxsize !== 'number' || Number.isNaN(maxsize))
      throw new TypeError('the maxsize of a queue is a number, 0 for no limit')
    this.maxsize = maxsize
  }

  /** How many items are in it. */
  qsize(): number {
    return this.items.length
  }

  /** Whether no item is in it. */
  empty(): boolean {
    return this.items.length === 0
  }

  /** Whether it holds `maxsize` items; never without a limit. */
  full(): boolean {
    return this.maxsize > 0 && this.items.length >= this.maxsize
  }

  /** Puts an item, waiting for a free place if need be. Throws QueueShutDown once the queue was shut down. */
  put(item: T): Awaitable<void> {
    if (this.full()) return coroutine(this.putInLine(item))
    this.putNowait(item)
    return NOTHING
  }

  /** Puts an item now. Throws QueueFull when there is no place, QueueShutDown once the queue was shut down. */
  putNowait(item: T): void {
    if (this.isShutDown) throw new QueueShutDown('the queue was shut down; it takes no more items')
    if (this.full()) throw new QueueFull(`the queue holds ${this.maxsize} items already, its limit`)
    this.items.put(item)
    this.unfinished++
    this.getters.wakeNext()
  }

  /**
   * Takes an item, waiting for one if need be. An item that is a thenable comes out as it is, not as what it becomes.
   * Throws QueueShutDown when the queue was shut down and is empty.
   */
  get(): Awaitable<T> {
    return this.empty() ? coroutine(this.getInLine()) : ready(this.getNowait())
  }

  /** Takes an item now. Throws QueueEmpty when there is none, QueueShutDown when there never will be one. */
  getNowait(): T {
    if (this.empty()) {
      if (this.isShutDown) throw new QueueShutDown('the queue was shut down and is empty')
      throw new QueueEmpty('the queue is empty')
    }
    const item = this.items.take()
    this.putters.wakeNext()
    return item
  }

  /**
   * Says that the work on an item that was taken is done. Throws InvalidStateError when called more often than `put`.
   */
  taskDone(): void {
    if (this.unfinished === 0) throw new InvalidStateError('taskDone was called more often than items were put')
    if (--this.unfinished === 0) this.joiners.releaseAll()
  }

  /** Waits until every item that was put has been marked as done with `taskDone`. */
  join(): Awaitable<void> {
    return this.unfinished === 0 ? NOTHING : this.joiners.park()
  }

  /**
   * Ends the queue: `put` throws QueueShutDown from now on, `get` once the queue is empty. With `immediate` it is
   * emptied now, and what was in it counts as done. Everyone who waits is woken.
   */
  shutdown(immediate = false): void {
    this.isShutDown = true
    if (immediate) this.dropItems()
    this.getters.wakeAll()
    this.putters.wakeAll()
  }

  // The two that follow are spelled out instead of sharing a generator: one inside the other costs a third more.

  private *putInLine(item: T): Coroutine<void> {
    while (this.full()) {
      if (this.isShutDown) throw new QueueShutDown('the queue was shut down; it takes no more items')
      const waiter = this.putters.enter()
      let resumed = false
      try {
        yield waiter.future
        resumed = true
      } finally {
        if (!resumed && this.putters.quit(waiter) && !this.full()) this.putters.wakeNext()
      }
    }
    this.putNowait(item)
  }

  private *getInLine(): Coroutine<T> {
    while (this.empty()) {
      if (this.isShutDown) throw new QueueShutDown('the queue was shut down and is empty')
      const waiter = this.getters.enter()
      let resumed = false
      try {
        yield waiter.future
        resumed = true
      } finally {
        if (!resumed && this.getters.quit(waiter) && !this.empty()) this.getters.wakeNext()
      }
    }
    return this.getNowait()
  }

  private dropItems(): void {
    for (; !this.empty(); this.items.take()) if (this.unfinished > 0) this.unfinished--
    if (this.unfinished === 0) this.joiners.releaseAll()
  }
}
