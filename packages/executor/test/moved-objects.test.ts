/** Objects that move to a worker move once: the task gets them whole, or fails by a name that says where they are. */
import { markAsUntransferable, MessageChannel } from 'node:worker_threads'
import { CancelledError } from '@loop/core'
import { describe, expect, test } from 'vitest'
import {
  BrokenExecutorError,
  InlineExecutor,
  NotSerializableError,
  ThreadPoolExecutor,
  type PoolExecutor,
} from '../src/index.ts'

const size = (bytes: Uint8Array | ArrayBuffer): number => bytes.byteLength
/** Blocks its thread until it is let go, when told to. */
const sizeAfter = (bytes: Uint8Array, baton: Int32Array | null): number => {
  if (baton !== null) {
    Atomics.store(baton, 1, 1)
    Atomics.wait(baton, 0, 0)
  }
  return bytes.byteLength
}
const letGo = (baton: Int32Array): void => {
  Atomics.store(baton, 0, 1)
  Atomics.notify(baton, 0)
}
const moved = <A extends unknown[]>(
  pool: PoolExecutor,
  fn: (bytes: Uint8Array, ...rest: A) => number,
  bytes: Uint8Array,
  ...rest: A
): Promise<number> =>
  pool.submit(fn as (...args: unknown[]) => number, [bytes, ...rest], { transfer: [bytes.buffer as ArrayBuffer] })
const reasonOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'rejected' ? result.reason : 'did not fail'

describe.each([
  { name: 'threads', make: (): PoolExecutor => new ThreadPoolExecutor({ maxWorkers: 1 }) },
  { name: 'inline', make: (): PoolExecutor => new InlineExecutor() },
])('$name: refused at submit, and nothing is taken away', ({ make }) => {
  test('a buffer that is gone, one that is listed twice, one that another task moves', async () => {
    await using pool = make()
    const gone = new Uint8Array(8)
    structuredClone(gone, { transfer: [gone.buffer] })
    const twice = new Uint8Array(8)
    const shared = new Uint8Array(8)
    const results = await Promise.allSettled([
      moved(pool, size, gone),
      pool.submit(size, [twice], { transfer: [twice.buffer, twice.buffer] }),
      moved(pool, size, shared),
      moved(pool, size, shared),
      moved(pool, size, new Uint8Array(5)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    for (const [index, message] of [
      [0, /moved away before/],
      [1, /listed twice/],
      [3, /another task that waits/],
    ] as const) {
      expect(reasonOf(results[index]!)).toBeInstanceOf(NotSerializableError)
      expect((reasonOf(results[index]!) as Error).message).toMatch(message)
    }
    expect(twice.byteLength).toBe(8)
    expect(pool.statistics()).toMatchObject({ submitted: 5, succeeded: 2, failed: 3, waiting: 0, running: 0 })
  })

  test('a block that is marked, a port that has gone, and what is no object that moves', async () => {
    await using pool = make()
    const marked = new ArrayBuffer(8)
    markAsUntransferable(marked)
    const { port1, port2 } = new MessageChannel()
    const far = new MessageChannel()
    far.port1.postMessage(port2, [port2])
    const fine = new ArrayBuffer(3)
    for (const object of [marked, port2, {}, 5, null, new SharedArrayBuffer(4), new Uint8Array(4)]) {
      const refused = await pool.submit(size, [fine], { transfer: [fine, object as object] }).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(refused).toBeInstanceOf(NotSerializableError)
      expect((refused as Error).message).toMatch(/transfer list does not move/)
    }
    expect(fine.byteLength).toBe(3)
    port1.close()
    far.port1.close()
  })

  test('a buffer whose task was cancelled while it waited may move with another', async () => {
    await using pool = make()
    const bytes = new Uint8Array(6)
    const first = moved(pool, size, bytes)
    const cancelled = (first as Promise<number> & { cancel(): boolean }).cancel()
    expect(cancelled).toBe(true)
    await expect(first).rejects.toThrow(CancelledError)
    expect(await moved(pool, size, bytes)).toBe(6)
  })
})

test('behind a run that is longer than ever, each task gets its own bytes, once', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  for (let i = 0; i < 300; i++) await moved(pool, sizeAfter, new Uint8Array(10), null)
  for (let round = 0; round < 5; round++) {
    const baton = new Int32Array(new SharedArrayBuffer(8))
    const long = moved(pool, sizeAfter, new Uint8Array(1000), baton)
    const behind = [1001, 1002, 1003, 1004, 1005].map((length) => moved(pool, sizeAfter, new Uint8Array(length), null))
    // Some may wait behind the long one, where their bytes are: not for ever, and not without them.
    await Promise.race([behind[0], behind[4], new Promise((resolve) => setTimeout(resolve, 50))])
    letGo(baton)
    expect(await Promise.all([long, ...behind])).toEqual([1000, 1001, 1002, 1003, 1004, 1005])
  }
})

test('a function that is not known to be brief keeps a free worker free for what moves', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  const baton = new Int32Array(new SharedArrayBuffer(8))
  const long = moved(pool, sizeAfter, new Uint8Array(1), baton)
  const others = [2, 3, 4].map((length) => moved(pool, size, new Uint8Array(length)))
  expect(await Promise.all(others)).toEqual([2, 3, 4])
  letGo(baton)
  expect(await long).toBe(1)
})

test('ports arrive in working order behind a long run', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  const greet = (port: { postMessage(value: number): void } | null, n: number, baton: Int32Array | null): number => {
    if (baton !== null) Atomics.wait(baton, 0, 0)
    port?.postMessage(n)
    return n
  }
  for (let i = 0; i < 200; i++) await pool.submit(greet, [null, 0, null])
  const baton = new Int32Array(new SharedArrayBuffer(8))
  const greetings: Promise<unknown>[] = []
  const tasks = [0, 1, 2, 3].map((n) => {
    const { port1, port2 } = new MessageChannel()
    greetings.push(
      new Promise((resolve) =>
        port1.once('message', (message) => {
          port1.close()
          resolve(message)
        }),
      ),
    )
    return pool.submit(greet, [port2, n, n === 0 ? baton : null], { transfer: [port2] })
  })
  setImmediate(letGo, baton)
  expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3])
  expect(await Promise.all(greetings)).toEqual([0, 1, 2, 3])
})

test('a worker that dies takes along what was moved to it: those tasks fail and say so, the others run', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const sizeOrDie = (bytes: Uint8Array, dies: boolean): number => {
    if (dies) process.exit(1)
    return bytes.byteLength
  }
  for (let i = 0; i < 300; i++) await pool.submit(sizeOrDie, [new Uint8Array(10), false])
  const fatal = moved(pool, sizeOrDie, new Uint8Array(1), true)
  const emptied = [1, 2, 3].map((length) => moved(pool, sizeOrDie, new Uint8Array(length), false))
  const copied = pool.submit(sizeOrDie, [new Uint8Array(9), false])
  const results = await Promise.allSettled([fatal, ...emptied])
  expect(await copied).toBe(9)
  expect(reasonOf(results[0]!)).toBeInstanceOf(BrokenExecutorError)
  for (const [i, result] of results.slice(1).entries()) {
    if (result.status === 'fulfilled') expect(result.value).toBe(i + 1)
    else {
      expect(result.reason).toBeInstanceOf(BrokenExecutorError)
      expect((result.reason as Error).message).toMatch(/what was moved to it is gone/)
    }
  }
  expect(results.slice(1).some(({ status }) => status === 'rejected')).toBe(true)
  expect(await pool.submit(size, [new Uint8Array(7)])).toBe(7)
  const { submitted, succeeded, lost } = pool.statistics()
  expect(succeeded + lost).toBe(submitted)
})

test('cancelPending cancels them too, wherever they wait', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  for (let i = 0; i < 300; i++) await moved(pool, sizeAfter, new Uint8Array(10), null)
  const baton = new Int32Array(new SharedArrayBuffer(8))
  const long = moved(pool, sizeAfter, new Uint8Array(1), baton)
  const waiting = [1, 2, 3].map((length) => moved(pool, sizeAfter, new Uint8Array(length), null))
  const outcomes = Promise.allSettled(waiting)
  while (Atomics.load(baton, 1) === 0) await new Promise((resolve) => setImmediate(resolve))
  const ended = pool.shutdown({ cancelPending: true })
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  letGo(baton)
  expect(await long).toBe(1)
  await ended
})

describe('results that move', () => {
  test('one that cannot travel fails alone, beside others that move', async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const make = (bad: boolean): unknown => (bad ? { f: () => 1 } : new Uint8Array(8).fill(7))
    for (let i = 0; i < 300; i++) await pool.submit(make, [false])
    const kinds = [false, false, true, false, false]
    const results = await Promise.allSettled(kinds.map((bad) => pool.submit(make, [bad], { transferResult: true })))
    for (const [i, result] of results.entries()) {
      if (kinds[i]) expect(reasonOf(result)).toBeInstanceOf(NotSerializableError)
      else expect(result).toEqual({ status: 'fulfilled', value: new Uint8Array(8).fill(7) })
    }
  })

  test('a buffer that several tasks return moves with the first and is missed by name', async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const same = (): ArrayBuffer => ((globalThis as { kept?: ArrayBuffer }).kept ??= new ArrayBuffer(8))
    const results = await Promise.allSettled([1, 2, 3].map(() => pool.submit(same, [], { transferResult: true })))
    expect(results[0]).toMatchObject({ status: 'fulfilled' })
    for (const result of results.slice(1)) {
      expect(reasonOf(result)).toBeInstanceOf(NotSerializableError)
      expect((reasonOf(result) as Error).message).not.toMatch(/deserialize/)
    }
    expect(await pool.submit(size, [new Uint8Array(7)])).toBe(7)
  })
})
