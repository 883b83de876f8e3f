import type { Awaitable } from '@loop/core'
import { READY } from './ready.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * A flag that tasks wait for.
 *
 * ```ts
 * const stop = new Event()
 * loop.addSignalHandler('SIGTERM', () => stop.set())
 * await stop.wait()
 * ```
 */
export class Event {
  private flag = false
  private readonly waiters = new WaitQueue('event')

  /** Whether the flag is set. */
  isSet(): boolean {
    return this.flag
  }

  /** Sets the flag and wakes everyone who waits. */
  set(): void {
    if (this.flag) return
    this.flag = true
    this.waiters.releaseAll()
  }

  /** Clears the flag; those that `set` has woken go on nevertheless. */
  clear(): void {
    this.flag = false
  }

  /** Waits until the flag is set; goes on at once when it is. */
  wait(): Awaitable<void> {
    return this.flag ? READY : this.waiters.park()
  }
}
