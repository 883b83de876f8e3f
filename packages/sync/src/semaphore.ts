import type { Coroutine } from '@loop/core'
import { InvalidStateError } from '@loop/core'
import { Holdable } from './holdable.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * Lets a number of holders in at a time.
 *
 * ```ts
 * const slots = new Semaphore(10)
 * await slots.with(() => fetchPage(url))
 * ```
 */
export class Semaphore extends Holdable {
  /** Free places, without those already promised to woken waiters. */
  protected free: number
  /** Waiters that have been woken and have not run yet. */
  private passing = 0
  private readonly waiters = new WaitQueue('semaphore', undefined)

  /** @param value Places at the start, 0 or more. Throws RangeError for anything else. */
  constructor(value = 1) {
    super()
    if (!Number.isInteger(value) || value < 0)
      throw new RangeError(`a semaphore starts with 0 or more places, not ${value}`)
    this.free = value
  }

  /** Whether `acquire` would have to wait: no place is free, or others wait already. */
  locked(): boolean {
    return this.free === 0 || this.passing > 0 || !this.waiters.onlyCancelled
  }

  /** Gives one place back and wakes the first in line. */
  override release(): void {
    this.free++
    this.wakeNext()
  }

  /** @internal */
  override tryAcquire(): boolean {
    if (this.locked()) return false
    this.free--
    return true
  }

  /** @internal */
  override *acquireInLine(): Coroutine<true> {
    const waiter = this.waiters.enter()
    const { future } = waiter
    let granted = false
    try {
      yield future
      granted = true
    } finally {
      const promised = future.done() && !future.cancelled()
      if (promised) this.passing--
      this.waiters.leave(waiter)
      // Cancelled after a place was promised to it: the place goes to the next in line.
      if (!granted && promised) this.free++
      // Places that came free while others stood first in line.
      while (this.free > 0 && this.wakeNext());
    }
    return true
  }

  private wakeNext(): boolean {
    if (!this.waiters.wakeNext()) return false
    this.free--
    this.passing++
    return true
  }
}

/** A semaphore that may not be released more often than it was acquired. */
export class BoundedSemaphore extends Semaphore {
  private readonly bound: number

  constructor(value = 1) {
    super(value)
    this.bound = value
  }

  /** Gives one place back. Throws InvalidStateError when all places are free already. */
  override release(): void {
    if (this.free >= this.bound) {
      throw new InvalidStateError(`all places of the semaphore (${this.bound}) are free; it was released too often`)
    }
    super.release()
  }
}
