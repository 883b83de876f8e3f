/** No task waits behind a long one while a worker is free. Workers are held by batons; nothing is timed. */
import { expect, test } from 'vitest'
import { ProcessPoolExecutor, ThreadPoolExecutor } from '../src/index.ts'
import { Baton, hold } from './baton.ts'

const identity = (n: number): number => n
/** Blocks its thread until it is let go, when told to; otherwise as brief as can be. */
const maybeHold = (n: number, baton: Int32Array | null): number => {
  if (baton !== null) {
    Atomics.store(baton, 1, 1)
    Atomics.wait(baton, 0, 0)
  }
  return n
}

function letGo(baton: Int32Array): void {
  Atomics.store(baton, 0, 1)
  Atomics.notify(baton, 0)
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('short tasks submitted together with a long one end before it', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  const baton = new Int32Array(new SharedArrayBuffer(8))
  const long = pool.submit(maybeHold, [-1, baton])
  const short = numbers(500).map((n) => pool.submit(identity, [n]))
  expect(await Promise.all(short)).toEqual(numbers(500))
  letGo(baton)
  expect(await long).toBe(-1)
})

test('so they do when the long run is of a function that is known to be brief', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  const baton = new Int32Array(new SharedArrayBuffer(8))
  await Promise.all(numbers(2000).map((n) => pool.submit(maybeHold, [n, null])))
  const before = numbers(300).map((n) => pool.submit(maybeHold, [n, null]))
  const long = pool.submit(maybeHold, [-1, baton])
  const after = numbers(300).map((n) => pool.submit(maybeHold, [n, null]))
  expect(await Promise.all([...before, ...after])).toEqual([...numbers(300), ...numbers(300)])
  expect(Atomics.load(baton, 1)).toBe(1)
  letGo(baton)
  expect(await long).toBe(-1)
})

test('what is cancelled while it waits in a busy worker never runs', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  await Promise.all(numbers(100).map((n) => pool.submit(maybeHold, [n, null])))
  const baton = new Int32Array(new SharedArrayBuffer(8))
  const long = pool.submit(maybeHold, [-1, baton])
  const ran = new Int32Array(new SharedArrayBuffer(4))
  const count = (counter: Int32Array): number => Atomics.add(counter, 0, 1)
  const waiting = numbers(20).map(() => pool.submit(count, [ran]))
  const outcomes = Promise.allSettled(waiting)
  await new Promise((resolve) => setImmediate(resolve))
  expect(waiting.map((submission) => submission.cancel())).toEqual(waiting.map(() => true))
  letGo(baton)
  expect(await long).toBe(-1)
  expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true)
  expect(await pool.submit(identity, [1])).toBe(1)
  expect(Atomics.load(ran, 0)).toBe(0)
})

test('in processes, nothing is put behind a function that may take any time', async () => {
  await using baton = await Baton.create()
  await using pool = new ProcessPoolExecutor({ maxWorkers: 2 })
  const long = pool.submit(hold, [baton.port])
  const short = numbers(200).map((n) => pool.submit(identity, [n]))
  expect(await Promise.all(short)).toEqual(numbers(200))
  baton.release()
  expect(await long).toBe('let go')
})
