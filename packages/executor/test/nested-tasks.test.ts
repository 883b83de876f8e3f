/**
 * Tasks that wait for tasks of their own pool: they run while there is a place, and are named when there can be none.
 */
import { getRunningLoop, run } from '@loop/core'
import { expect, test } from 'vitest'
import {
  InlineExecutor,
  PoolDeadlockError,
  ThreadPoolExecutor,
  threadsafeDoor,
  type DoorClient,
  type PoolExecutor,
} from '../src/index.ts'

const viaDoor = async (door: DoorClient): Promise<unknown> => {
  try {
    return await door.runCoroutine('inner')
  } catch (error) {
    return (error as Error).message.replace(/^.*can never run: all 2 places.*$/s, 'named')
  }
}

async function nested(pool: PoolExecutor, count: number): Promise<unknown[]> {
  return await run(async () => {
    const door = threadsafeDoor(getRunningLoop())
    let arrived = 0
    let resolve!: () => void
    const all = new Promise<void>((done) => (resolve = done))
    door.register('inner', async () => {
      // All of them hold their places before the first asks for another one.
      if (++arrived === count) resolve()
      await all
      return await pool.submit(() => 'inner')
    })
    const results = await Promise.all(Array.from({ length: count }, () => pool.submit(viaDoor, [door])))
    await pool.shutdown()
    return results
  })
}

test('threads: with a place left, the inner task runs', async () => {
  expect(await nested(new ThreadPoolExecutor({ maxWorkers: 2 }), 1)).toEqual(['inner'])
  expect(await nested(new ThreadPoolExecutor({ maxWorkers: 1, tasksPerWorker: 2 }), 1)).toEqual(['inner'])
})

test('threads: with none left, one inner task fails by name and the others run', async () => {
  const results = await nested(new ThreadPoolExecutor({ maxWorkers: 2 }), 2)
  expect(results.sort()).toEqual(['inner', 'named'])
})

test('inline: the one place is held by the task that waits', async () => {
  const pool = new InlineExecutor()
  ;(globalThis as { ownPool?: PoolExecutor }).ownPool = pool
  const outer = async (): Promise<unknown> => await (globalThis as { ownPool?: PoolExecutor }).ownPool!.submit(() => 1)
  const error = await pool.submit(outer).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PoolDeadlockError)
  expect((error as Error).message).toMatch(/all 1 places.*outer among them.*maxWorkers/s)
  expect(await pool.submit(() => 2)).toBe(2)
  await pool.shutdown()
})

test('inline: what is submitted from inside and not waited for runs afterwards', async () => {
  const pool = new InlineExecutor()
  ;(globalThis as { ownPool?: PoolExecutor }).ownPool = pool
  const outer = (): string => {
    const inner = (globalThis as { ownPool?: PoolExecutor }).ownPool!.submit(() => 'afterwards')
    ;(globalThis as { inner?: Promise<string> }).inner = inner
    return 'at once'
  }
  expect(await pool.submit(outer)).toBe('at once')
  expect(await (globalThis as { inner?: Promise<string> }).inner).toBe('afterwards')
  await pool.shutdown()
})
