/**
 * The one queue behind everything here that waits: tasks in order of arrival, each on a future of its own.
 *
 *     first ─> waiter <─> waiter <─> waiter        wake: from the front, those that were cancelled meanwhile passed
 *     over
 *
 * A doubly linked list, because a waiter that is cancelled leaves from the middle: with timeouts around every wait that
 * is the usual way out, and a search for each would make a thousand waiters cost a million steps. A woken waiter leaves
 * the list at once, so that waking them all one by one is linear too.
 *
 * Waking sets the future's result and nothing more: the task goes on in a later turn. In between it may be cancelled,
 * with the wake-up already spent; each primitive says what happens then.
 */
import type { EventLoop, Future } from '@loop/core'
import { getRunningLoop, InvalidStateError } from '@loop/core'

/** One who waits. */
export interface Waiter<T> {
  readonly future: Future<T>
}

class Node<T> implements Waiter<T> {
  previous: Node<T> | null = null
  next: Node<T> | null = null
  linked = true

  constructor(readonly future: Future<T>) {}
}

/**
 * Waiters without an owner are looked through for cancelled ones once this many have gathered; below, it is not worth
 * it.
 */
const FIRST_SWEEP = 32

/** A cancellable first-in first-out queue of waiters, bound to the loop of the first of them. */
export class WaitQueue<T> {
  private head: Node<T> | null = null
  private tail: Node<T> | null = null
  private loop: EventLoop | null = null
  private parked = 0
  private sweepAt = FIRST_SWEEP

  /**
   * @param owner What the queue is for, in error messages
   * @param answer What those who wait are given
   */
  constructor(
    private readonly owner: string,
    private readonly answer: T,
  ) {}

  /** The first waiter, or null. */
  get first(): Waiter<T> | null {
    return this.head
  }

  /** Whether nobody waits who was not cancelled meanwhile. */
  get onlyCancelled(): boolean {
    for (let node = this.head; node !== null; node = node.next) if (!node.future.cancelled()) return false
    return true
  }

  /** Adds a waiter at the end. Whoever adds it calls `leave` when the wait is over. */
  enter(): Waiter<T> {
    return this.append()
  }

  /** Takes a waiter out; one that was woken has left already. */
  leave(waiter: Waiter<T>): void {
    const node = waiter as Node<T>
    if (node.linked) this.unlink(node)
  }

  /**
   * Takes out a waiter whose wait was cancelled; true when it had been woken all the same, and the wake-up is left
   * over.
   */
  quit(waiter: Waiter<T>): boolean {
    this.leave(waiter)
    return waiter.future.done() && !waiter.future.cancelled()
  }

  /**
   * Adds a waiter that nobody takes out: its future is all there is, and can be awaited directly, without a generator
   * around it. Cancelled ones are dropped when the number of waiters has doubled, which costs each a constant.
   */
  park(): Future<T> {
    if (++this.parked >= this.sweepAt) this.sweep()
    return this.append().future
  }

  /** Wakes the first waiter that was not cancelled; false when there is none. */
  wakeNext(): boolean {
    for (let node = this.head; node !== null; node = node.next) {
      if (node.future.done()) continue
      this.wake(node)
      return true
    }
    return false
  }

  /** Wakes everyone. */
  wakeAll(): void {
    for (let node = this.head; node !== null; node = node.next) if (!node.future.done()) this.wake(node)
  }

  /** Wakes everyone and forgets them; for waiters that were parked. */
  releaseAll(): void {
    this.wakeAll()
    this.head = null
    this.tail = null
    this.parked = 0
    this.sweepAt = FIRST_SWEEP
  }

  private append(): Node<T> {
    const loop = getRunningLoop()
    this.loop ??= loop
    if (this.loop !== loop) {
      throw new InvalidStateError(
        `this ${this.owner} already has waiters of another event loop; make one for each loop`,
      )
    }
    const node = new Node(loop.createFuture<T>())
    node.previous = this.tail
    if (this.tail === null) this.head = node
    else this.tail.next = node
    this.tail = node
    return node
  }

  private wake(node: Node<T>): void {
    this.unlink(node)
    node.future.setResult(this.answer)
  }

  /** Takes a node out of the list; its own `next` stays, so that a walk that stands on it can go on. */
  private unlink(node: Node<T>): void {
    node.linked = false
    if (node.previous === null) this.head = node.next
    else node.previous.next = node.next
    if (node.next === null) this.tail = node.previous
    else node.next.previous = node.previous
  }

  private sweep(): void {
    this.parked = 0
    for (let node = this.head; node !== null; node = node.next) {
      if (node.future.done()) this.unlink(node)
      else this.parked++
    }
    this.sweepAt = Math.max(FIRST_SWEEP, this.parked * 2)
  }
}
