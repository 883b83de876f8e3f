import type { Awaitable, Coroutine } from '@loop/core'
import { CancelledError, coroutine, InvalidStateError } from '@loop/core'
import { Holdable } from './holdable.ts'
import { Lock } from './lock.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * A lock whose holders can wait to be notified by another holder.
 *
 * ```ts
 * await condition.with(async () => {
 *   await condition.waitFor(() => stock > 0)
 *   stock--
 * })
 * ```
 */
export class Condition extends Holdable {
  private readonly waiters = new WaitQueue('condition', undefined)

  /** @param lock The lock to use, for several conditions over one; a new one by default */
  constructor(private readonly lock: Lock = new Lock()) {
    super()
    if (!(lock instanceof Lock)) throw new TypeError('a condition is made over a Lock')
  }

  /** Whether the lock is held. */
  locked(): boolean {
    return this.lock.locked()
  }

  /** Releases the lock. Throws InvalidStateError when it is not held. */
  override release(): void {
    this.lock.release()
  }

  /**
   * Releases the lock, waits until notified, takes the lock again, even when the wait is cancelled, and gives true.
   * Throws InvalidStateError when the lock is not held.
   *
   * A wake-up says that something may have changed, not what: prefer `waitFor`. It may come without a change, too: a
   * wait that is cancelled wakes the next in line, as it may have been notified already.
   */
  wait(): Awaitable<true> {
    return coroutine(this.waiting())
  }

  /** Waits until `predicate` holds, asked now and after each notification; gives what it returned. */
  waitFor<T>(predicate: () => T): Awaitable<T> {
    if (typeof predicate !== 'function') throw new TypeError(`waitFor takes a function, not ${typeof predicate}`)
    return coroutine(this.waitingFor(predicate))
  }

  /**
   * Wakes up to `count` tasks, first come first; they go on once they have the lock. Throws InvalidStateError when it
   * is not held.
   */
  notify(count = 1): void {
    this.checkHeld('notify')
    for (let left = count; left > 0 && this.waiters.wakeNext(); left--);
  }

  /** Wakes all who wait. Throws InvalidStateError when the lock is not held. */
  notifyAll(): void {
    this.checkHeld('notifyAll')
    this.waiters.wakeAll()
  }

  /** @internal */
  override tryAcquire(): boolean {
    return this.lock.tryAcquire()
  }

  /** @internal */
  override acquireInLine(): Coroutine<true> {
    return this.lock.acquireInLine()
  }

  /** @internal `wait` as a part of a larger wait. */
  *waiting(): Coroutine<true> {
    this.checkHeld('wait')
    const waiter = this.waiters.enter()
    this.lock.release()
    try {
      try {
        yield waiter.future
      } finally {
        this.waiters.leave(waiter)
        yield* this.reacquire()
      }
    } catch (error) {
      // The notification may have been spent on this task, which makes nothing of it.
      this.waiters.wakeNext()
      throw error
    }
    return true
  }

  /** @internal `waitFor` as a part of a larger wait. */
  *waitingFor<T>(predicate: () => T): Coroutine<T> {
    for (;;) {
      const result = predicate()
      if (result) return result
      yield* this.waiting()
    }
  }

  /**
   * Takes the lock, however often that is cancelled: who waits inside `with` must hold the lock when it leaves. Throws
   * the last of the cancellations afterwards.
   */
  private *reacquire(): Coroutine<void> {
    let cancellation: CancelledError | null = null
    for (;;) {
      try {
        yield* this.lock.acquiring()
        break
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        cancellation = error
      }
    }
    if (cancellation !== null) throw cancellation
  }

  private checkHeld(call: string): void {
    if (!this.locked()) throw new InvalidStateError(`${call} needs the lock of the condition; call it inside with()`)
  }
}
