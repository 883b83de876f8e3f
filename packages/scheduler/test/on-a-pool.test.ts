import { ThreadPoolExecutor } from '@loop/executor'
import { run, TimeoutError } from '@loop/core'
import { expect, test } from 'vitest'
import { AsyncScheduler } from '../src/index.ts'

// Real time, because threads are real.
test('a job runs on a thread, and its result and its failure come back', () =>
  run(async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    {
      await using scheduler = new AsyncScheduler()
      const failures: unknown[] = []
      scheduler.on('failure', ({ name, error }) =>
        failures.push([name, error instanceof Error ? error.message : error]),
      )
      const later = { delay: 3_600_000, executor: pool }
      scheduler.once(
        'sum',
        ({ name, attempt }) => {
          let sum = 0
          for (let i = 1; i <= 1000; i++) sum += i
          return `${name} ${attempt}: ${sum}`
        },
        later,
      )
      scheduler.once(
        'bad',
        () => {
          throw new Error('over there')
        },
        later,
      )
      expect(await scheduler.runNow('sum')).toMatchObject({ outcome: 'success', result: 'sum 1: 500500' })
      expect(await scheduler.runNow('bad')).toMatchObject({ outcome: 'failure' })
      expect(failures).toEqual([['bad', 'over there']])
    }
    await pool.shutdown()
  }))

test('a timeout ends a job on a thread', () =>
  run(async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    {
      await using scheduler = new AsyncScheduler()
      const failures: unknown[] = []
      scheduler.on('failure', ({ error }) => failures.push(error instanceof TimeoutError))
      scheduler.once(
        'endless',
        () => {
          for (;;);
        },
        { delay: 3_600_000, executor: pool, timeout: 300 },
      )
      expect(await scheduler.runNow('endless')).toMatchObject({ outcome: 'failure' })
      expect(failures).toEqual([true])
    }
    await pool.shutdown({ wait: false, cancelPending: true })
  }))
