import { expect, test } from 'vitest'
import { ReadyQueue } from '../src/lowlevel.ts'

test('items come out in the order they went in', () => {
  const queue = new ReadyQueue<number>()
  for (let i = 0; i < 5; i++) queue.push(i)
  expect([...queue]).toEqual([0, 1, 2, 3, 4])
  expect([queue.shift(), queue.shift(), queue.length]).toEqual([0, 1, 3])
  expect([...queue]).toEqual([2, 3, 4])
})

test('an empty queue gives undefined and stays usable', () => {
  const queue = new ReadyQueue<string>()
  expect([queue.shift(), queue.length]).toEqual([undefined, 0])
  queue.push('a')
  expect([queue.shift(), queue.shift(), queue.length]).toEqual(['a', undefined, 0])
})

test('undefined is an item like any other', () => {
  const queue = new ReadyQueue<undefined>()
  queue.push(undefined)
  expect([queue.length, queue.shift(), queue.length]).toEqual([1, undefined, 0])
})

test('it keeps the order when it grows with its head in the middle of the ring', () => {
  const queue = new ReadyQueue<number>()
  // 64 slots at first: the head stands at 40 when the 65th item asks for more.
  for (let i = 0; i < 40; i++) queue.push(-1)
  for (let i = 0; i < 40; i++) queue.shift()
  for (let i = 0; i < 1000; i++) queue.push(i)
  expect([...queue]).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  const out: (number | undefined)[] = []
  while (queue.length > 0) out.push(queue.shift())
  expect(out).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})

test('random pushes and shifts agree with an array', () => {
  const queue = new ReadyQueue<number>()
  const reference: number[] = []
  let seed = 1
  const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
  for (let i = 0; i < 20_000; i++) {
    // Slightly more pushes than shifts, so that the ring grows several times.
    if (random() < 0.55) {
      queue.push(i)
      reference.push(i)
    } else {
      expect(queue.shift()).toBe(reference.shift())
    }
    expect(queue.length).toBe(reference.length)
  }
  expect([...queue]).toEqual(reference)
})

test('clear drops everything, and what is pushed later is in order', () => {
  const queue = new ReadyQueue<number>()
  for (let i = 0; i < 100; i++) queue.push(i)
  queue.clear()
  expect([queue.length, queue.shift()]).toEqual([0, undefined])
  queue.push(1)
  queue.push(2)
  expect([...queue]).toEqual([1, 2])
})
