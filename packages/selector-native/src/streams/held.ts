import type { Engine } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'

/** Whose reading can be paused. */
export interface HeldOwner<T> {
  readonly paused: boolean
  /** Delivers one; not called while paused. */
  emit(item: T): void
}

/**
 * What came in while reading was paused, and whatever comes behind it, in one order. Each is delivered as an event
 * of its own; the events that are posted for that carry nothing, so that pausing and resuming between two of them moves
 * nothing.
 */
export class Held<T> {
  private items: T[] = []
  /** Events posted and not run yet. */
  private posted = 0

  constructor(
    private readonly engine: Engine,
    private readonly owner: HeldOwner<T>,
  ) {}

  get empty(): boolean {
    return this.items.length === 0
  }

  add(item: T): void {
    this.items.push(item)
    if (!this.owner.paused) this.release()
  }

  /** Goes on delivering; reading is resumed. */
  release(): void {
    for (; this.posted < this.items.length; this.posted++) this.engine.post(running(this.next))
  }

  /** Takes out those that are `wanted`, undelivered. */
  take<U extends T>(wanted: (item: T) => item is U): U[] {
    const taken = this.items.filter(wanted)
    this.items = this.items.filter((item) => !wanted(item))
    return taken
  }

  clear(): void {
    this.items = []
  }

  private readonly next = (): void => {
    this.posted--
    if (!this.owner.paused && !this.empty) this.owner.emit(this.items.shift()!)
  }
}
