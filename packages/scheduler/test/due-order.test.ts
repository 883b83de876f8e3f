import { expect, test } from 'vitest'
import { DueQueue, Entry } from '../src/schedule/due-queue.ts'
import { randomFrom } from './random.ts'

interface Planned {
  readonly entry: Entry<number>
  readonly every: number
}

/** Runs random intervals through a queue, and through a plain list that is searched; gives what came out of both. */
function compared(seed: number, intervals: number, steps: number): { taken: number[][]; expected: number[][] } {
  const random = randomFrom(seed)
  const lengths = Array.from({ length: intervals }, () => 1 + Math.floor(random() * 50))
  const queue = new DueQueue<number>()
  const taken: number[][] = []
  const expected: number[][] = []
  let model: Planned[] = []
  let now = 0
  let named = 0
  const add = (): void => {
    const every = lengths[Math.floor(random() * intervals)]!
    const entry = new Entry(named++, 'monotonic', now + every)
    queue.add(entry)
    model.push({ entry, every })
  }
  for (let i = 0; i < 200; i++) add()
  for (let step = 0; step < steps; step++) {
    now += Math.floor(random() * 20)
    const due: Entry<number>[] = []
    const count = queue.takeDue(now, due)
    taken.push(due.slice(0, count).map(({ item }) => item))
    // The model keeps what was planned later behind; sorting is stable.
    const next = model.filter(({ entry }) => entry.deadline <= now).sort((a, b) => a.entry.deadline - b.entry.deadline)
    expected.push(next.map(({ entry }) => entry.item))
    model = model.filter(({ entry }) => entry.deadline > now)
    for (const planned of next) {
      if (random() < 0.05) continue
      planned.entry.deadline = now + planned.every
      queue.addAgain(planned.entry)
      model.push(planned)
    }
    while (model.length > 0 && random() < 0.5) {
      const [{ entry }] = model.splice(Math.floor(random() * model.length), 1) as [Planned]
      queue.remove(entry)
      queue.remove(entry)
    }
    while (random() < 0.6) add()
    taken.push([queue.size, queue.nextDeadline()])
    expected.push([model.length, Math.min(...model.map(({ entry }) => entry.deadline))])
  }
  return { taken, expected }
}

for (const [seed, intervals, steps] of [
  [1, 1, 400],
  [2, 3, 400],
  [3, 40, 400],
  [4, 8, 1500],
] as const) {
  test(`what is due comes in the order of its time, then of its planning: ${intervals} different intervals`, () => {
    const { taken, expected } = compared(seed, intervals, steps)
    expect(taken).toEqual(expected)
  })
}

test('a crowd that is removed leaves nothing behind, and what remains keeps its order', () => {
  const queue = new DueQueue<number>()
  const entries = Array.from({ length: 10_000 }, (_, i) => new Entry(i, 'monotonic', i))
  for (const entry of entries) queue.addAgain(entry)
  for (const entry of entries) if (entry.item % 100 !== 0) queue.remove(entry)
  expect(queue.size).toBe(100)
  const due: Entry<number>[] = []
  const count = queue.takeDue(Infinity, due)
  expect(due.slice(0, count).map(({ item }) => item)).toEqual(Array.from({ length: 100 }, (_, i) => i * 100))
  expect(queue.size).toBe(0)
  expect(queue.nextDeadline()).toBe(Infinity)
})
