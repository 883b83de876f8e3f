/**
 * The queue of a pool: first-in first-out within a priority, what comes back before what was never handed out,
 * cancelled ones passed over.
 */
import { expect, test } from 'vitest'
import type { WorkItem } from '../src/pool/work-item.ts'
import { WorkQueue } from '../src/pool/work-queue.ts'

const task = (name: string, priority = 0): WorkItem & { settled: boolean; name: string } =>
  ({ name, priority, settled: false }) as unknown as WorkItem & { settled: boolean; name: string }
const rest = (queue: WorkQueue): string[] => {
  const names: string[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift())
    names.push((next as unknown as { name: string }).name)
  return names
}

test('looking at the next task changes no order, whatever comes after the look', () => {
  const queue = new WorkQueue()
  const [a, b, c, high] = [task('a'), task('b'), task('c'), task('high', 1)]
  for (const each of [a, b, c]) queue.push(each)
  expect(queue.peek()).toBe(a)
  queue.giveBack([task('returned 1'), task('returned 2')])
  queue.push(high)
  expect(queue.peek()).toBe(high)
  expect(queue.size).toBe(6)
  expect(rest(queue)).toEqual(['high', 'returned 1', 'returned 2', 'a', 'b', 'c'])
  expect(queue.size).toBe(0)
})

test('one that is cancelled after it was looked at is passed over, and counted out once', () => {
  const queue = new WorkQueue()
  const [a, b] = [task('a'), task('b')]
  queue.push(a)
  queue.push(b)
  expect(queue.peek()).toBe(a)
  a.settled = true
  queue.forget()
  expect(queue.size).toBe(1)
  expect(rest(queue)).toEqual(['b'])
  expect(queue.size).toBe(0)
  expect(queue.peek()).toBe(undefined)
})
