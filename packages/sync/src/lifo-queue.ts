import type { ItemStore } from './item-store.ts'
import { Queue } from './queue.ts'

/** Last in, first out. */
class Stack<T> implements ItemStore<T> {
  private readonly items: T[] = []

  get length(): number {
    return this.items.length
  }

  put(item: T): void {
    this.items.push(item)
  }

  take(): T {
    return this.items.pop() as T
  }
}

/** A {@link Queue} that gives the newest item first. */
export class LifoQueue<T> extends Queue<T> {
  /** @param maxsize How many items it takes before `put` waits; 0 for no limit */
  constructor(maxsize = 0) {
    super(maxsize, new Stack<T>())
  }
}
