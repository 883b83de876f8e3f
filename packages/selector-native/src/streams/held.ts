import type { Port } from '../port.ts'
import { running } from '../port.ts'

/** Whose reading can be paused. */
export interface HeldOwner<T> {
  readonly paused: boolean
  /** Tells one; not called while paused. */
  tell(item: T): void
}

/**
 * What came in while reading was paused, and whatever comes behind it, in one order. Each is told as an event of its
 * own; the events that are posted for that carry nothing, so that pausing and resuming between two of them moves
 * nothing.
 */
export class Held<T> {
  private items: T[] = []
  /** Events on their way. */
  private posted = 0

  constructor(
    private readonly port: Port,
    private readonly owner: HeldOwner<T>,
  ) {}

  get empty(): boolean {
    return this.items.length === 0
  }

  add(item: T): void {
    this.items.push(item)
    if (!this.owner.paused) this.release()
  }

  /** Reading goes on. */
  release(): void {
    for (; this.posted < this.items.length; this.posted++) this.port.post(running(this.next))
  }

  /** Takes out those that are `wanted`; nobody is told them. */
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
    if (!this.owner.paused && !this.empty) this.owner.tell(this.items.shift()!)
  }
}
