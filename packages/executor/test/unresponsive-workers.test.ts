/** A worker that takes none of its tasks is replaced, and they run elsewhere: whatever made it so. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProcessPoolExecutor, ThreadPoolExecutor, type PoolExecutor } from '../src/index.ts'

// The pool's timers are moved on by hand; workers have their own.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const add = (a: number, b: number): number => a + b

/** Twenty seconds of the pool's watch; what else happens goes on between its looks. */
async function lookOften(): Promise<void> {
  for (let i = 0; i < 8; i++) await vi.advanceTimersByTimeAsync(2500)
}

async function replaced(pool: PoolExecutor): Promise<void> {
  const errors: string[] = []
  const exits: boolean[] = []
  pool.on('workerError', ({ error }) => errors.push((error as Error).message))
  pool.on('workerExit', ({ asked }) => exits.push(asked))
  const tasks = Array.from({ length: 5 }, (_, n) => pool.submit(add, [n, 1]))
  // They leave at the end of this turn.
  await new Promise((resolve) => setImmediate(resolve))
  await lookOften()
  expect(await Promise.all(tasks)).toEqual([1, 2, 3, 4, 5])
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(/started none of its tasks for 10 s and was replaced/)
  expect(exits).toEqual([true])
  expect(pool.statistics()).toMatchObject({ lost: 0, failed: 0 })
}

/** Has a worker run a task that leaves an endless loop behind, and waits until it runs. */
async function blockLater(pool: ThreadPoolExecutor): Promise<void> {
  const blocked = new Int32Array(new SharedArrayBuffer(4))
  await pool.submit(
    (blocked: Int32Array) => {
      setTimeout(() => {
        Atomics.store(blocked, 0, 1)
        Atomics.notify(blocked, 0)
        for (;;);
      }, 1)
    },
    [blocked],
  )
  Atomics.wait(blocked, 0, 0)
}

test('a thread whose event loop is blocked by what a task left behind', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  await blockLater(pool)
  await replaced(pool)
})

test.skipIf(process.platform === 'win32')('a process that was stopped from outside', async () => {
  await using pool = new ProcessPoolExecutor({ maxWorkers: 1 })
  process.kill(await pool.submit(() => process.pid), 'SIGSTOP')
  await replaced(pool)
})

test('a task that runs is left alone, however long it takes', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const word = new Int32Array(new SharedArrayBuffer(8))
  const running = pool.submit(
    (word: Int32Array) => {
      Atomics.store(word, 0, 1)
      Atomics.notify(word, 0)
      Atomics.wait(word, 1, 0)
      return 'done'
    },
    [word],
  )
  const waiting = pool.submit(add, [1, 2])
  await new Promise((resolve) => setImmediate(resolve))
  await vi.waitUntil(() => Atomics.load(word, 0) === 1)
  await lookOften()
  await lookOften()
  Atomics.store(word, 1, 1)
  Atomics.notify(word, 1)
  expect(await running).toBe('done')
  expect(await waiting).toBe(3)
  expect(pool.statistics()).toMatchObject({ crashed: 0, workers: 1 })
})

test('an idle worker that does not hear that it should end is ended', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  await blockLater(pool)
  const closed = pool.shutdown()
  await vi.advanceTimersByTimeAsync(10_000)
  await closed
  expect(pool.statistics().workers).toBe(0)
})
