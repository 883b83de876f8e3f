/**
 * Entries by (deadline, order in which they were added), for one clock.
 *
 * A heap costs O(log n) for each entry. Most entries are intervals, though, and an interval that has just run is due
 * again after all others of its length: a list in that order needs no heap, which is why Node keeps one list of timers
 * for each duration. Here an entry that is added again joins the list whose last deadline is the nearest before its
 * own, so that a few lists serve any mix of lengths; what fits none waits in the heap.
 *
 *     list   1000  1000  1250 │ 1900  2000     append at the end, take at the front
 *     list   1500  5000  9000 │ 61000
 *     heap   everything else
 */
import type { TimerItem } from '@loop/core/lowlevel'
import { TimerHeap } from '@loop/core/lowlevel'
import type { Timeline } from './schedule.ts'

/** How many lists there are: programs have a handful of different intervals. */
const MOST_LISTS = 6
/** A list of at most so many entries moves to the heap when another entry needs a place. */
const FEW = 32
/** Arrays up to this length are kept when they are empty: 16 kB. */
export const MOST_KEPT = 2048
/** Fewer dropped entries than this are not worth a sweep, as in the heap. */
const MIN_DROPPED_TO_SWEEP = 100

/** One entry: something that is due at a time of one of the clocks. */
export class Entry<T> implements TimerItem {
  /** @internal Order among equal deadlines, stamped by the heap. */
  sequence = 0
  /** @internal Order among equal deadlines, stamped by the queue. */
  order = 0
  /** @internal Where it is. */
  place: SortedList<T> | 'heap' | 'taken' | 'dropped' = 'taken'

  constructor(
    readonly item: T,
    readonly timeline: Timeline,
    /** @internal Changed only while it is in no queue. */
    public deadline: number,
  ) {}

  cancelled(): boolean {
    return this.place === 'dropped'
  }
}

/** See the top of the file. */
export class DueQueue<T> {
  private readonly heap = new TimerHeap<Entry<T>>()
  private readonly lists: SortedList<T>[] = []
  /** The list that was last appended to. */
  private newest: SortedList<T> | null = null
  private counter = 0

  /** Entries in it. */
  get size(): number {
    let { size } = this.heap
    for (const list of this.lists) size += list.size
    return size
  }

  /** Adds an entry. */
  add(entry: Entry<T>): void {
    entry.order = ++this.counter
    this.addToHeap(entry)
  }

  /** Adds an entry that was taken, for a later time. */
  addAgain(entry: Entry<T>): void {
    entry.order = ++this.counter
    // Nearly always many entries in a row are due at the same time again.
    const { newest } = this
    const list = newest !== null && newest.last === entry.deadline ? newest : this.listFor(entry.deadline)
    if (list === null) {
      this.addToHeap(entry)
      return
    }
    list.append(entry)
    this.newest = list
  }

  /** Takes an entry out; nothing happens when it was taken already. */
  remove(entry: Entry<T>): void {
    const { place } = entry
    entry.place = 'dropped'
    if (place === 'heap') this.heap.noteCancelled()
    else if (typeof place === 'object') place.noteDropped()
  }

  /** The earliest deadline, or Infinity. */
  nextDeadline(): number {
    let earliest = this.heap.nextDeadline()
    for (const list of this.lists) earliest = Math.min(earliest, list.nextDeadline())
    return earliest
  }

  /** Takes what is due at `now` into `due`, in order, and gives how many entries that were. */
  takeDue(now: number, due: Entry<T>[]): number {
    let count = 0
    let sorted = true
    const take = (entry: Entry<T>): void => {
      sorted &&= count === 0 || inOrder(due[count - 1]!, entry) < 0
      entry.place = 'taken'
      due[count++] = entry
    }
    for (const list of this.lists) list.takeDue(now, take)
    for (let entry = this.heap.popDue(now); entry !== undefined; entry = this.heap.popDue(now)) take(entry)
    if (!sorted) {
      due.length = count
      due.sort(inOrder)
    }
    return count
  }

  private addToHeap(entry: Entry<T>): void {
    entry.place = 'heap'
    this.heap.push(entry)
  }

  /** The list that ends nearest before a deadline; null when there is none, and none that can be emptied. */
  private listFor(deadline: number): SortedList<T> | null {
    const { lists } = this
    let best: SortedList<T> | null = null
    let shortest: SortedList<T> | null = null
    for (const list of lists) {
      if (list.last <= deadline && (best === null || list.last > best.last)) best = list
      if (shortest === null || list.size < shortest.size) shortest = list
    }
    if (best !== null) return best
    if (lists.length < MOST_LISTS) {
      const list = new SortedList<T>()
      lists.push(list)
      return list
    }
    if (shortest!.size > FEW) return null
    // An entry moves at most once, so this costs no more than if all were in the heap.
    for (const entry of shortest!.clear()) this.addToHeap(entry)
    return shortest
  }
}

const inOrder = <T>(a: Entry<T>, b: Entry<T>): number => a.deadline - b.deadline || a.order - b.order

/** Entries whose deadlines never decrease. */
class SortedList<T> {
  /** The deadline at its end; -Infinity when it is empty. */
  last = -Infinity
  private entries: (Entry<T> | undefined)[] = []
  /** Where the first entry and the place after the last are in `entries`. */
  private head = 0
  private tail = 0
  private dropped = 0

  get size(): number {
    return this.tail - this.head - this.dropped
  }

  append(entry: Entry<T>): void {
    entry.place = this
    this.entries[this.tail++] = entry
    this.last = entry.deadline
  }

  noteDropped(): void {
    this.dropped++
    if (this.dropped > MIN_DROPPED_TO_SWEEP && this.dropped * 2 > this.tail - this.head) this.pack()
  }

  nextDeadline(): number {
    while (this.head < this.tail) {
      const first = this.entries[this.head]!
      if (first.place === this) return first.deadline
      this.entries[this.head++] = undefined
      this.dropped--
    }
    return Infinity
  }

  takeDue(now: number, take: (entry: Entry<T>) => void): void {
    const { entries, tail } = this
    if (this.head === tail || entries[this.head]!.deadline > now) return
    let { head } = this
    for (; head < tail; head++) {
      const entry = entries[head]!
      if (entry.place !== this) this.dropped--
      else if (entry.deadline > now) break
      else take(entry)
      entries[head] = undefined
    }
    this.head = head
    if (head === tail) this.reset()
    else if (head > MOST_KEPT && head * 2 > tail) this.pack()
  }

  /** Empties it, and gives what was in it. */
  clear(): Entry<T>[] {
    const live = this.entries.slice(this.head, this.tail).filter((entry) => entry!.place === this) as Entry<T>[]
    this.reset()
    return live
  }

  /** Moves everything to the front, without what was dropped. */
  private pack(): void {
    this.entries = this.clear()
    this.tail = this.entries.length
    this.last = this.entries[this.tail - 1]?.deadline ?? -Infinity
  }

  private reset(): void {
    this.head = this.tail = this.dropped = 0
    this.last = -Infinity
    if (this.entries.length > MOST_KEPT) this.entries = []
  }
}
