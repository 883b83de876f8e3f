import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AsyncScheduler } from '../src/index.ts'
import { JobOptionError, UnknownJobTypeError } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { World } from './support.ts'
import { clockText, eventLog, inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/**
 * A process that starts `at` milliseconds after the new year, on the file that all share; it is killed at the end
 * unless it closes.
 */
const processAt = (at: number, body: (scheduler: AsyncScheduler, world: World) => Promise<void>): Promise<void> =>
  inVirtualTime(async (world) => {
    world.wall.set(at)
    const scheduler = schedulerIn(world, {
      store: new SqliteStore({ path: join(folder, 'jobs.db'), clock: world.clock }),
    })
    await body(scheduler, world)
  })

test('what a killed process accepted is run by the next one that knows the type, as it was accepted', async () => {
  const { events, push } = recorder<unknown>()
  const mail = ({ name, data, scheduledFor }: { name: string; data: unknown; scheduledFor: Date }): void =>
    push([name, data, clockText(scheduledFor)])
  await processAt(0, async (scheduler) => {
    scheduler.define('mail', mail)
    scheduler.once('mail-1', 'mail', { data: { to: 'a', parts: [1, null] }, delay: 5000 })
    scheduler.once('mail-2', 'mail', { at: new Date(NEW_YEAR + 6000) })
    scheduler.recurring('daily', 'mail', {
      data: 'all',
      every: 10_000,
      start: new Date(NEW_YEAR + 20_000),
      end: new Date(NEW_YEAR + 45_000),
      exclude: [new Date(NEW_YEAR + 30_000)],
    })
    scheduler.recurring('dated', 'mail', { dates: [new Date(NEW_YEAR + 12_000)], data: false })
    await sleep(1000)
  })
  await processAt(10_000, async (scheduler) => {
    scheduler.define('mail', mail)
    await sleep(40_000)
    expect(
      scheduler
        .status()
        .map(({ name, state, runs }) => `${name} ${state} ${runs}`)
        .sort(),
    ).toEqual(['daily finished 2', 'dated finished 1', 'mail-1 finished 1', 'mail-2 finished 1'])
    await scheduler.close()
  })
  expect(events).toEqual([
    ['mail-1', { to: 'a', parts: [1, null] }, '00:00:05'],
    ['mail-2', undefined, '00:00:06'],
    ['dated', false, '00:00:12'],
    ['daily', 'all', '00:00:20'],
    ['daily', 'all', '00:00:40'],
  ])
})

test('jobs that nothing here can run are told of and listed, and can be removed', async () => {
  await processAt(0, async (scheduler) => {
    scheduler.define('mail', () => {})
    scheduler.once('typed', 'mail', { data: 7, delay: 60_000 })
    scheduler.once('function', () => {}, { delay: 60_000 })
    scheduler.recurring('recurring', () => {}, { every: 60_000 })
    await sleep(1)
  })
  await processAt(1000, async (scheduler) => {
    const log = eventLog(scheduler, 'unknown')
    await sleep(40_000)
    expect(log).toEqual([
      'unknown name=function type=null schedule=once after 60000 ms',
      'unknown name=recurring type=null schedule=every 60000 ms',
      'unknown name=typed type=mail schedule=once after 60000 ms',
    ])
    expect(
      (await scheduler.stored()).map(({ name, type, data, open, runnable }) => [name, type, data, open, runnable]),
    ).toEqual([
      ['function', null, undefined, true, false],
      ['recurring', null, undefined, true, false],
      ['typed', 'mail', 7, true, false],
    ])
    expect(await scheduler.remove('recurring')).toBe(true)
    await scheduler.close()
  })
  await processAt(50_000, async (scheduler, world) => {
    await sleep(5000)
    // Without a listener it is reported, once.
    expect(world.reported.splice(0)).toEqual([
      'jobs in the store cannot run here: UnknownStoredJobsError: the store holds accepted jobs that this program knows nothing of: "function", "typed"; register them or define their types, or remove() them',
    ])
    scheduler.define('mail', () => 'sent')
    await sleep(10_000)
    expect(scheduler.status('typed')).toMatchObject({ runs: 1, lastResult: '"sent"' })
    expect((await scheduler.stored()).find(({ name }) => name === 'typed')).toMatchObject({
      open: false,
      runnable: true,
      runs: 1,
    })
    await scheduler.close()
  })
})

test('a job that is removed while it is found does not come back', () =>
  processAt(0, async (scheduler) => {
    scheduler.define('mail', () => {})
    scheduler.once('job', 'mail', { delay: 90_000 })
    await sleep(999)
    scheduler.cancel('job')
    await sleep(60_000)
    expect(await scheduler.stored()).toEqual([])
    await scheduler.close()
  }))

test('each run has a copy of its own; options of the type hold unless the job has its own', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    await using scheduler = schedulerIn(world)
    scheduler.on('failure', ({ retryIn }) => push(retryIn))
    scheduler.define(
      'list',
      ({ data }) => {
        const list = data as number[]
        list.push(0)
        push([...list])
        throw new Error('again')
      },
      { retry: { attempts: 2, delay: 10 } },
    )
    const data = [1]
    scheduler.once('typed', 'list', { data, delay: 100 })
    scheduler.once('own', 'list', { data: [2], delay: 200, retry: 1 })
    data.push(9)
    await sleep(300)
    expect(events).toEqual([[1, 0], 10, [1, 0], null, [2, 0], null])
    expect((await scheduler.stored()).map(({ name, type }) => `${name} ${type}`)).toEqual(['typed list', 'own list'])
  }))

test('what cannot be kept is refused', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.define('mail', () => {})
    const once =
      (options: object): (() => void) =>
      () =>
        scheduler.once('job', 'mail', { delay: 1, ...options })
    expect(() => scheduler.once('job', 'mial', { delay: 1 })).toThrow(UnknownJobTypeError)
    expect(() => scheduler.once('job', 'mial', { delay: 1 })).toThrow(
      'there is no job type "mial", did you mean "mail"?',
    )
    expect(once({ data: { when: new Map() } })).toThrow('data cannot be kept: data.when is a Map; give plain JSON data')
    expect(
      once({
        data: Object.create(null, {
          a: {
            enumerable: true,
            get() {
              throw new Error('no')
            },
          },
        }) as object,
      }),
    ).toThrow('data cannot be kept: no')
    expect(once({ executor: {} })).toThrow('executor cannot be kept in a store with the job; give it to define()')
    expect(() => scheduler.recurring('job', 'mail', { every: 1, exclude: () => false })).toThrow(
      'exclude cannot be kept',
    )
    expect(() => scheduler.once('job', () => {}, { delay: 1, data: 1 })).toThrow('data goes with the name of a type')
    expect(() => scheduler.define('', () => {})).toThrow(JobOptionError)
    expect(() => scheduler.define('x', null as never)).toThrow(TypeError)
    expect(() => scheduler.define('x', () => {}, { every: 5 } as never)).toThrow(
      'job type "x": there is no option "every"',
    )
  }))
