import type { Awaitable } from '@loop/core'
import { TRUE } from './ready.ts'
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
  private readonly waiters = new WaitQueue('event', true as const)

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

  /** Waits until the flag is set and gives true; goes on at once when it is set. */
  wait(): Awaitable<true> {
    return this.flag ? TRUE : this.waiters.park()
  }
}
