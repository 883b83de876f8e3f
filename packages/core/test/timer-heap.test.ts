import { describe, expect, test } from 'vitest'
import type { TimerItem } from '../src/lowlevel.ts'
import { TimerHeap } from '../src/lowlevel.ts'

class Timer implements TimerItem {
  sequence = 0
  private isCancelled = false

  constructor(
    readonly deadline: number,
    readonly id: number | string = deadline,
  ) {}

  cancelled(): boolean {
    return this.isCancelled
  }

  /** Cancels it in the way of the loop: flag first, then the heap is told. */
  cancelIn(heap: TimerHeap<Timer>): void {
    this.isCancelled = true
    heap.noteCancelled()
  }
}

/** A repeatable source of numbers in [0, 1): Lehmer's generator. */
function randomNumbers(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647
}

function heapOf(...deadlines: number[]): TimerHeap<Timer> {
  const heap = new TimerHeap<Timer>()
  for (const [id, deadline] of deadlines.entries()) heap.push(new Timer(deadline, id))
  return heap
}

function popAll(heap: TimerHeap<Timer>, now = Number.MAX_VALUE): Timer[] {
  const popped: Timer[] = []
  for (let timer = heap.popDue(now); timer !== undefined; timer = heap.popDue(now)) popped.push(timer)
  return popped
}

const ids = (timers: Iterable<Timer>): (number | string)[] => [...timers].map(({ id }) => id)
const byDeadlineThenSequence = (a: Timer, b: Timer): number => a.deadline - b.deadline || a.sequence - b.sequence

describe('order', () => {
  test('the earliest comes first', () => {
    expect(popAll(heapOf(300, 100, 200)).map(({ deadline }) => deadline)).toEqual([100, 200, 300])
  })

  test('ties come in the order of scheduling, also beside other deadlines and across refills', () => {
    const heap = heapOf(5, 1, 5, 1000, 5, 1000, 1, 1000)
    expect(ids(popAll(heap))).toEqual([1, 6, 0, 2, 4, 3, 5, 7])
  })

  test('a thousand equal deadlines are first-in first-out', () => {
    expect(ids(popAll(heapOf(...new Array<number>(1000).fill(7))))).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })

  test('a rank goes before the order of scheduling, among equal deadlines only', () => {
    const heap = new TimerHeap<Timer>()
    heap.push(new Timer(5, 'late rank'), 3)
    heap.push(new Timer(5, 'early rank'), 1)
    heap.push(new Timer(4, 'early deadline'), 9)
    heap.push(new Timer(5, 'same rank, later'), 3)
    expect(ids(popAll(heap))).toEqual(['early deadline', 'early rank', 'late rank', 'same rank, later'])
  })

  test('only what is due is given', () => {
    const heap = heapOf(100, 200, 300)
    expect(ids(popAll(heap, 199.999))).toEqual([0])
    expect(heap.popDue(199.999)).toBeUndefined()
    expect(ids(popAll(heap, 200))).toEqual([1])
    expect([heap.size, heap.nextDeadline()]).toEqual([1, 300])
  })

  test('negative and fractional deadlines', () => {
    expect(popAll(heapOf(0.25, -1000, 0.125, -0.5, 0)).map(({ deadline }) => deadline)).toEqual([
      -1000, -0.5, 0, 0.125, 0.25,
    ])
  })

  test('deadlines on both sides of the edge of a bucket of 125 ms', () => {
    const deadlines = [250, 125, 124.999, 375, 249.999, 0, 374.999, 125.001]
    const heap = heapOf(...deadlines)
    expect(popAll(heap).map(({ deadline }) => deadline)).toEqual([...deadlines].sort((a, b) => a - b))
  })

  test('what is added behind the horizon while popping takes its place', () => {
    const heap = heapOf(10, 120, 1000)
    expect(ids(popAll(heap, 10))).toEqual([0])
    heap.push(new Timer(60, 'near'))
    heap.push(new Timer(5, 'past'))
    heap.push(new Timer(500, 'far'))
    expect(ids(popAll(heap))).toEqual(['past', 'near', 1, 'far', 2])
  })
})

describe('for ever', () => {
  test('an infinite deadline waits and never comes due', () => {
    const heap = heapOf(Infinity, 5, Infinity)
    expect([heap.size, heap.nextDeadline()]).toEqual([3, 5])
    expect(ids(popAll(heap))).toEqual([1])
    expect([heap.size, heap.nextDeadline(), heap.popDue(Infinity)]).toEqual([2, Infinity, undefined])
    heap.push(new Timer(1, 'finite'))
    expect(ids(popAll(heap))).toEqual(['finite'])
    expect(ids(heap)).toEqual([0, 2])
  })

  test('minus infinity is due before everything', () => {
    expect(ids(popAll(heapOf(5, -Infinity, -1e300)))).toEqual([1, 2, 0])
  })

  test('an empty heap has no deadline', () => {
    const heap = new TimerHeap<Timer>()
    expect([heap.size, heap.nextDeadline(), heap.popDue(0)]).toEqual([0, Infinity, undefined])
  })

  test('deadlines of thousands of years', () => {
    const deadlines = [1e14, 1e15, 2 ** 53, 5, 1e14 + 0.5]
    expect(popAll(heapOf(...deadlines)).map(({ deadline }) => deadline)).toEqual([...deadlines].sort((a, b) => a - b))
  })
})

describe('cancellation', () => {
  test('a cancelled timer is passed over and not counted, near and far', () => {
    const heap = new TimerHeap<Timer>()
    const timers = [10, 20, 5000, 6000].map((deadline) => new Timer(deadline))
    for (const timer of timers) heap.push(timer)
    // The first look makes 10 and 20 near.
    expect(heap.nextDeadline()).toBe(10)
    timers[0]!.cancelIn(heap)
    timers[2]!.cancelIn(heap)
    expect([heap.size, heap.nextDeadline(), ids(heap)]).toEqual([2, 20, [20, 6000]])
    expect([ids(popAll(heap)), heap.size]).toEqual([[20, 6000], 0])
  })

  test('when more than half are dead all are swept, and the rest keeps its order', () => {
    const heap = new TimerHeap<Timer>()
    const timers = Array.from({ length: 1000 }, (_, i) => new Timer((i * 37) % 1000, i))
    for (const timer of timers) heap.push(timer)
    heap.nextDeadline()
    const kept = timers.filter((_, i) => i % 10 === 0)
    for (const timer of timers) if (!kept.includes(timer)) timer.cancelIn(heap)
    expect(heap.size).toBe(100)
    // Only live ones are held: the iteration sees what is stored.
    expect([...heap].length).toBe(100)
    expect(ids(popAll(heap))).toEqual(ids([...kept].sort(byDeadlineThenSequence)))
    expect(heap.size).toBe(0)
  })

  test('cancelling everything leaves an empty heap that works', () => {
    const heap = new TimerHeap<Timer>()
    for (let round = 0; round < 3; round++) {
      const timers = Array.from({ length: 500 }, (_, i) => new Timer(i * 10))
      for (const timer of timers) heap.push(timer)
      for (const timer of timers) timer.cancelIn(heap)
      expect([heap.size, heap.nextDeadline(), [...heap]]).toEqual([0, Infinity, []])
    }
    heap.push(new Timer(5))
    expect(ids(popAll(heap))).toEqual([5])
  })

  test('a sweep keeps timers that never come due', () => {
    const heap = new TimerHeap<Timer>()
    const dead = Array.from({ length: 300 }, (_, i) => new Timer(i))
    heap.push(new Timer(Infinity, 'never'))
    for (const timer of dead) heap.push(timer)
    for (const timer of dead) timer.cancelIn(heap)
    expect([heap.size, ids(heap), heap.nextDeadline()]).toEqual([1, ['never'], Infinity])
  })
})

describe('many', () => {
  test('a distant timer first, then thousands before it: the near heap spills and the order holds', () => {
    const heap = new TimerHeap<Timer>()
    heap.push(new Timer(10_000_000, 'distant'))
    expect(heap.nextDeadline()).toBe(10_000_000)
    const timers = Array.from({ length: 10_000 }, (_, i) => new Timer((i * 7919) % 9_000_000, i))
    for (const timer of timers) heap.push(timer)
    expect(ids(popAll(heap))).toEqual([...ids([...timers].sort(byDeadlineThenSequence)), 'distant'])
  })

  test('a spill with cancelled timers in front of it', () => {
    const heap = new TimerHeap<Timer>()
    heap.push(new Timer(1_000_000, 'distant'))
    heap.nextDeadline()
    const timers: Timer[] = []
    for (let i = 0; i < 5000; i++) {
      const timer = new Timer(1000 + i, i)
      timers.push(timer)
      heap.push(timer)
      // Fewer than half, so that no sweep comes to help.
      if (i % 3 === 0) timer.cancelIn(heap)
    }
    const live = timers.filter((timer) => !timer.cancelled())
    expect(heap.size).toBe(live.length + 1)
    expect(ids(popAll(heap))).toEqual([...ids(live), 'distant'])
  })

  test('100,000 random timers, pushed, cancelled and popped in any order, agree with a sorted list', () => {
    const random = randomNumbers(20_251)
    const heap = new TimerHeap<Timer>()
    const live = new Set<Timer>()
    const popped: Timer[] = []
    const expected: Timer[] = []
    let now = 0
    const popTo = (time: number): void => {
      popped.push(...popAll(heap, time))
      const due = [...live].filter(({ deadline }) => deadline <= time).sort(byDeadlineThenSequence)
      for (const timer of due) live.delete(timer)
      expected.push(...due)
    }
    for (let i = 0; i < 100_000; i++) {
      // Whole milliseconds, so that ties are common; most within seconds, some within hours.
      const delay = Math.floor(random() ** 4 * (random() < 0.1 ? 5_000_000 : 3000))
      const timer = new Timer(now + delay, i)
      heap.push(timer)
      live.add(timer)
      if (random() < 0.4) {
        // The latest, or one that has been there for long.
        const victim = random() < 0.5 ? timer : live.values().next().value!
        victim.cancelIn(heap)
        live.delete(victim)
      }
      if (i % 500 === 0) popTo((now += Math.floor(random() * 400)))
    }
    expect(heap.size).toBe(live.size)
    popTo(Number.MAX_VALUE)
    expect(ids(popped)).toEqual(ids(expected))
    expect([heap.size, live.size]).toEqual([0, 0])
  })
})
