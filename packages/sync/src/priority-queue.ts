/**
 * The items of a priority queue stand in a binary heap: put and take cost a logarithm. Items that compare as equal come
 * out in the order they were put (CPython's heapq leaves that open), because each carries the number of its arrival.
 */
import type { ItemStore } from './item-store.ts'
import { Queue } from './queue.ts'

/** Negative when `a` comes first, positive when `b` does, 0 when they are equal. */
export type Compare<T> = (a: T, b: T) => number

/** A {@link Queue} that gives the least item first. */
export class PriorityQueue<T> extends Queue<T> {
  /**
   * @param maxsize How many items it takes before `put` waits; 0 for no limit
   * @param compare The order; by default numbers, bigints, strings and dates by value, and arrays such as
   *   `[priority, data]` by their first elements that differ. Other items throw TypeError when they are compared.
   */
  constructor(maxsize = 0, compare: Compare<T> = compareValues) {
    super(maxsize, new Heap(compare))
  }
}

interface Entry<T> {
  readonly item: T
  readonly arrival: number
}

class Heap<T> implements ItemStore<T> {
  private readonly entries: Entry<T>[] = []
  private arrivals = 0

  constructor(private readonly compare: Compare<T>) {}

  get length(): number {
    return this.entries.length
  }

  put(item: T): void {
    const entry = { item, arrival: this.arrivals }
    this.moveAlong(this.pathUp(entry), this.entries.length, entry)
    this.arrivals++
  }

  take(): T {
    const { entries } = this
    const least = entries[0]!
    const last = entries[entries.length - 1]!
    const path = this.pathDown(last)
    entries.pop()
    if (entries.length > 0) this.moveAlong(path, 0, last)
    return least.item
  }

  // Paths are found before anything moves: a comparison that throws leaves the heap as it was.

  /** The places above the end whose entries come after `entry`. */
  private pathUp(entry: Entry<T>): number[] {
    const path: number[] = []
    for (let at = this.entries.length; at > 0; at = parentOf(at)) {
      if (!this.before(entry, this.entries[parentOf(at)]!)) break
      path.push(parentOf(at))
    }
    return path
  }

  /** The places below the root whose entries come before `entry`, the last one, which will no longer be there. */
  private pathDown(entry: Entry<T>): number[] {
    const { entries } = this
    const end = entries.length - 1
    const path: number[] = []
    for (let child = 1; child < end; child = child * 2 + 1) {
      if (child + 1 < end && this.before(entries[child + 1]!, entries[child]!)) child++
      if (!this.before(entries[child]!, entry)) break
      path.push(child)
    }
    return path
  }

  /** Moves the entries of a path one step towards `free`, and puts `entry` where the last of them stood. */
  private moveAlong(path: readonly number[], free: number, entry: Entry<T>): void {
    for (const at of path) {
      this.entries[free] = this.entries[at]!
      free = at
    }
    this.entries[free] = entry
  }

  private before(a: Entry<T>, b: Entry<T>): boolean {
    const order = this.compare(a.item, b.item)
    return order < 0 || (order === 0 && a.arrival < b.arrival)
  }
}

function parentOf(at: number): number {
  return (at - 1) >> 1
}

/** The order of Python's values: by size, and arrays by their first elements that differ. */
function compareValues(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b)
  if (!haveOrder(a, b)) {
    throw new TypeError(`${kindOf(a)} and ${kindOf(b)} have no order; give the PriorityQueue a compare function`)
  }
  const [x, y] = [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    if (a[i] === b[i]) continue
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function haveOrder(a: unknown, b: unknown): boolean {
  const kind = kindOf(a)
  if (Number.isNaN(a) || Number.isNaN(b)) return false
  const numbers = ['number', 'bigint']
  return (
    (kind === kindOf(b) && [...numbers, 'string', 'Date'].includes(kind)) ||
    (numbers.includes(kind) && numbers.includes(kindOf(b)))
  )
}

function kindOf(value: unknown): string {
  if (Number.isNaN(value)) return 'NaN'
  return value instanceof Date ? 'Date' : value === null ? 'null' : typeof value
}
