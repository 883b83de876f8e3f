/** The part that examines functions is loaded on demand; where it is missing, whoever waits for it is knownFunctions. */
import { expect, test, vi } from 'vitest'
import {
  BrokenExecutorError,
  InlineExecutor,
  NotSerializableError,
  ThreadPoolExecutor,
  moduleTasks,
} from '../src/index.ts'

vi.mock('../src/functions/analyser.ts', () => {
  throw new Error('chunk not found')
})

const work = moduleTasks<typeof import('./fixtures/work.mjs')>(new URL('./fixtures/work.mjs', import.meta.url))

test.each([
  { name: 'threads', make: () => new ThreadPoolExecutor({ maxWorkers: 1 }) },
  { name: 'inline', make: () => new InlineExecutor() },
])('$name: shipped functions fail by name, again and again, and module tasks run', async ({ make }) => {
  await using pool = make()
  for (let i = 0; i < 2; i++) {
    const results = await Promise.allSettled([pool.submit(() => 1), pool.run((n: number) => n + i, 5)])
    for (const result of results) {
      const reason: unknown = result.status === 'rejected' ? result.reason : 'did not fail'
      expect(reason).toBeInstanceOf(NotSerializableError)
      expect((reason as Error).message).toMatch(/could not be loaded.*moduleTasks/s)
    }
  }
  expect(await pool.run(work.double, 4)).toBe(8)
  await expect(pool.map((n: number) => n, [1, 2], { chunkSize: 2 }).next()).rejects.toThrow(NotSerializableError)
})

test('an initializer that cannot be examined breaks the pool', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1, initializer: () => {} })
  await expect(pool.run(work.double, 4)).rejects.toThrow(BrokenExecutorError)
  await pool.shutdown()
})
