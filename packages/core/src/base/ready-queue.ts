/**
 * The ready queue: strictly first-in first-out, the busiest structure of the loop (every handle passes it once).
 *
 * A ring over one array whose length is a power of two: push and shift are an index and a mask, nothing moves, and a
 * queue that stays short stays in cache. Measured against a linked list (an allocation an item), a chunked list and
 * Array.shift (linear beyond some tens of thousands), the ring is at or near the front at every length.
 */

/** Slots of an empty queue; one turn of a quiet program needs fewer. */
const INITIAL_CAPACITY = 64

/** A growing first-in first-out queue. */
export class ReadyQueue<T> implements Iterable<T> {
  private slots: (T | undefined)[] = new Array<T | undefined>(INITIAL_CAPACITY).fill(undefined)
  private mask = INITIAL_CAPACITY - 1
  private head = 0
  private count = 0

  /** How many items wait. */
  get length(): number {
    return this.count
  }

  /** Appends an item. */
  push(item: T): void {
    if (this.count > this.mask) this.grow()
    this.slots[(this.head + this.count) & this.mask] = item
    this.count++
  }

  /** Takes the oldest item, or undefined when there is none. */
  shift(): T | undefined {
    if (this.count === 0) return undefined
    const { head, slots } = this
    const item = slots[head]
    slots[head] = undefined
    this.head = (head + 1) & this.mask
    this.count--
    return item
  }

  /** Drops every item. */
  clear(): void {
    this.slots = new Array<T | undefined>(INITIAL_CAPACITY).fill(undefined)
    this.mask = INITIAL_CAPACITY - 1
    this.head = 0
    this.count = 0
  }

  /** The items, oldest first, without taking them. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.count; i++) yield this.slots[(this.head + i) & this.mask] as T
  }

  /** Doubles the ring and straightens it, so that the oldest item stands at 0. */
  private grow(): void {
    const { slots, head } = this
    const capacity = slots.length
    const straight = head === 0 ? slots : slots.slice(head).concat(slots.slice(0, head))
    // The new slots are holes, and each is written before it is read.
    straight.length = capacity * 2
    this.slots = straight
    this.mask = capacity * 2 - 1
    this.head = 0
  }
}
