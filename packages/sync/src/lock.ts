import type { Coroutine } from '@loop/core'
import { InvalidStateError } from '@loop/core'
import { Holdable } from './holdable.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * A mutual exclusion lock. It is not owned: any task may release it. It is not reentrant.
 *
 * ```ts
 * await lock.with(async () => { … })
 * ```
 */
export class Lock extends Holdable {
  private held = false
  /** The first in line was woken and has not run yet; nobody may overtake it. */
  private passing = false
  private readonly waiters = new WaitQueue('lock', undefined)

  /** Whether somebody holds it. */
  locked(): boolean {
    return this.held
  }

  /** Releases it and wakes the first in line. Throws InvalidStateError when it is not held. */
  override release(): void {
    if (!this.held) throw new InvalidStateError('the lock is not held; every release needs an acquire before it')
    this.held = false
    this.wakeFirst()
  }

  /** @internal */
  override tryAcquire(): boolean {
    if (this.held || this.passing || !this.waiters.onlyCancelled) return false
    this.held = true
    return true
  }

  /** @internal */
  override *acquireInLine(): Coroutine<true> {
    const waiter = this.waiters.enter()
    let granted = false
    try {
      yield waiter.future
      granted = true
    } finally {
      if (waiter.future.done() && !waiter.future.cancelled()) this.passing = false
      this.waiters.leave(waiter)
      // Cancelled after it was woken: the wake-up goes to the next in line.
      if (!granted && !this.held) this.wakeFirst()
    }
    this.held = true
    return true
  }

  /**
   * Wakes the first in line, as CPython does: only the first. One that was cancelled but has not run yet will, when it
   * runs, find the lock free and come here again.
   */
  private wakeFirst(): void {
    const { first } = this.waiters
    if (this.passing || first === null || first.future.done()) return
    this.passing = true
    this.waiters.wakeNext()
  }
}
