import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { JobStore, StoreAction } from '../src/index.ts'
import { MemoryStore, SchedulerClosedError } from '../src/index.ts'
import { FaultyStore } from '../src/testing/index.ts'
import { inVirtualTime, schedulerIn } from './support.ts'

test('a job that does not listen to its cancellation is left behind at the limit, by name', () =>
  inVirtualTime(async (world) => {
    let over = false
    const scheduler = schedulerIn(world)
    scheduler.recurring(
      'stubborn',
      async () => {
        while (!over) await sleep(50).catch(() => {})
      },
      { every: 100, limit: 1 },
    )
    scheduler.recurring('polite', () => sleep(60_000), { every: 100, limit: 1 })
    await sleep(150)
    const [began] = [world.loop.time()]
    // Both calls end together.
    await Promise.all([scheduler.close({ timeout: 300 }), scheduler.close()])
    expect(world.loop.time() - began).toBe(1300)
    expect(world.reported.splice(0)).toEqual([
      expect.stringMatching(
        /^jobs were left behind: UnfinishedRunsError: the scheduler was closed with still running although cancelled: "stubborn@\d+"$/,
      ),
    ])
    over = true
    await sleep(100)
  }))

test('a removed job whose run does not end is named too', () =>
  inVirtualTime(async (world) => {
    let over = false
    const scheduler = schedulerIn(world)
    scheduler.recurring(
      'removed',
      async () => {
        while (!over) await sleep(50).catch(() => {})
      },
      { every: 100 },
    )
    await sleep(150)
    scheduler.cancel('removed')
    await scheduler.close({ timeout: 100 })
    expect(world.reported.splice(0)).toEqual([expect.stringContaining('"removed@')])
    over = true
    await sleep(100)
  }))

test.each<[StoreAction, number, string[]]>([
  ['open', 500, []],
  ['register', 500, []],
  ['offer', 500, []],
  ['finish', 1800, ['ended, but not stored: "job@']],
  ['close', 500, []],
])('a store that never answers to "%s" does not keep it from ending', (broken, ms, reports) =>
  inVirtualTime(async (world) => {
    const store = new FaultyStore(new MemoryStore(), (action) => (action === broken ? 'never' : null))
    const scheduler = schedulerIn(world, { store })
    scheduler.recurring('job', () => {}, { every: 1000 })
    const ready = scheduler.ready().then(
      () => 'ready',
      (error: unknown) => error,
    )
    await sleep(1500)
    const began = world.loop.time()
    await scheduler.close({ timeout: 300 })
    expect(world.loop.time() - began).toBe(ms)
    expect(world.reported.splice(0)).toEqual(reports.map((part) => expect.stringContaining(part) as unknown))
    const end = await ready
    if (broken === 'open' || broken === 'register') expect(end).toBeInstanceOf(SchedulerClosedError)
    else expect(end).toBe('ready')
  }),
)

test('a store that cannot be closed is reported', () =>
  inVirtualTime(async (world) => {
    const store: JobStore = new FaultyStore(new MemoryStore(), (action) => (action === 'close' ? 'before' : null))
    await schedulerIn(world, { store }).close()
    expect(world.reported.splice(0).at(-1)).toContain('the job store could not be closed')
  }))

test('an answer that never comes is asked for again', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    let hangs = 1
    const store = new FaultyStore(new MemoryStore(), (action) => (action === 'finish' && hangs-- > 0 ? 'never' : null))
    await using scheduler = schedulerIn(world, { store })
    scheduler.on('storeError', ({ action, error }) => push(`${action}: ${(error as Error).message}`))
    scheduler.recurring('job', () => {}, { every: 20_000 })
    await sleep(90_000)
    expect(events).toEqual(['finish: job store "memory": it has not answered for 30000 ms'])
    expect(scheduler.status('job').runs).toBe(3)
  }))
