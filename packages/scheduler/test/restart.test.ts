import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MissedPolicy } from '../src/index.ts'
import { PastDateError } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { World } from './support.ts'
import { clockText, eventLog, inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

const HOUR = 3_600_000
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const storeIn = (world: World): SqliteStore => new SqliteStore({ path: join(folder, 'jobs.db'), clock: world.clock })

/** A process that starts `at` milliseconds after the new year. */
const processAt = (at: number, body: (world: World) => Promise<void>): Promise<void> =>
  inVirtualTime(async (world) => {
    world.wall.set(at)
    await body(world)
  })

/** An hourly cron job that runs until 02:30, then is down until 06:30. */
async function fourHoursDown(missed: MissedPolicy): Promise<{ events: string[]; log: string[] }> {
  const { events, push } = recorder<string>()
  let log: string[] = []
  const life = (at: number, ms: number): Promise<void> =>
    processAt(at, async (world) => {
      await using scheduler = schedulerIn(world, { store: storeIn(world) })
      log = eventLog(scheduler, 'missed')
      scheduler.recurring('hourly', (run) => push(`${clockText(run.scheduledFor)} missed ${run.missedCount}`), {
        cron: '0 * * * *',
        timeZone: 'UTC',
        missed,
      })
      await sleep(ms)
    })
  await life(0, 2.5 * HOUR)
  push('down')
  await life(6.5 * HOUR, HOUR)
  return { events, log }
}

test.each<[MissedPolicy, string[], string]>([
  ['skip', [], 'missed name=hourly count=4 first=03:00:00 last=06:00:00 action=skipped'],
  ['once', ['06:00:00 missed 3'], 'missed name=hourly count=3 first=03:00:00 last=06:00:00 action=merged'],
  [
    'all',
    ['03:00:00 missed 0', '04:00:00 missed 0', '05:00:00 missed 0', '06:00:00 missed 0'],
    'missed name=hourly count=4 first=03:00:00 last=06:00:00 action=caughtUp',
  ],
])('what was missed while nothing ran, policy %s', async (missed, made, event) => {
  const { events, log } = await fourHoursDown(missed)
  expect(events).toEqual(['01:00:00 missed 0', '02:00:00 missed 0', 'down', ...made, '07:00:00 missed 0'])
  expect(log).toEqual([event])
})

test('intervals keep their step over a restart, and counts go on', async () => {
  const { events, push } = recorder<string>()
  for (const at of [0, 10_500]) {
    await processAt(at, async (world) => {
      await using scheduler = schedulerIn(world, { store: storeIn(world) })
      scheduler.recurring('tick', (run) => push(clockText(run.scheduledFor)), { every: 3000 })
      await sleep(at === 0 ? 7000 : 5000)
      expect(scheduler.status('tick').runs).toBe(at === 0 ? 2 : 5)
    })
  }
  // The one of 9 is late, but the newest: still on time.
  expect(events).toEqual(['00:00:03', '00:00:06', '00:00:09', '00:00:12', '00:00:15'])
})

test('a one-time job runs once, however often it is registered', async () => {
  const { events, push } = recorder<string>()
  for (const at of [0, 2000, 4000, 8000]) {
    await processAt(at, async (world) => {
      await using scheduler = schedulerIn(world, { store: storeIn(world) })
      const note = ({ name }: { name: string }): void => push(`${name} in the process of ${at}`)
      scheduler.once('dated', note, { at: new Date(NEW_YEAR + 3000) })
      scheduler.once('delayed', note, { delay: 5000 })
      await sleep(1500)
    })
  }
  // Nothing ran at 3000: the next process makes up for it. The delay counts from the first registration, and waits in
  // the file.
  expect(events).toEqual(['dated in the process of 2000', 'delayed in the process of 4000'])
})

test('a date that has passed is refused only if nobody ever knew the job', () =>
  processAt(HOUR, async (world) => {
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    const adding = (): void => scheduler.once('late', () => {}, { at: new Date(NEW_YEAR) })
    expect(adding).toThrow(PastDateError)
    expect(adding).toThrow(PastDateError)
    await Promise.resolve()
  }))

test('a limit holds over restarts, and a pause too', async () => {
  const { events, push } = recorder<string>()
  for (const at of [0, 2500, 5000]) {
    await processAt(at, async (world) => {
      await using scheduler = schedulerIn(world, { store: storeIn(world) })
      scheduler.recurring('limited', (run) => push(`limited ${clockText(run.scheduledFor)}`), { every: 1000, limit: 3 })
      scheduler.recurring('paused', (run) => push(`paused ${clockText(run.scheduledFor)}`), { every: 2000 })
      if (at === 0) scheduler.pause('paused')
      if (at === 5000) scheduler.resume('paused')
      await sleep(2200)
    })
  }
  expect(events).toEqual(['limited 00:00:01', 'limited 00:00:02', 'limited 00:00:03', 'paused 00:00:06'])
})

test('a run that an ending process cut off is run again by the next', async () => {
  const { events, push } = recorder<string>()
  await processAt(0, async (world) => {
    const scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.recurring(
      'job',
      async ({ key, attempt }) => {
        push(`${key} attempt ${attempt}`)
        await sleep(60_000)
      },
      { every: 1000 },
    )
    await sleep(1100)
    await scheduler.close({ timeout: 100 })
  })
  await processAt(5000, async (world) => {
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.recurring('job', ({ key, attempt }) => push(`${key} attempt ${attempt}`), { every: 1000 })
    await sleep(1500)
  })
  expect(events).toEqual([1000, 5000, 1000, 6000].map((ms, i) => `job@${NEW_YEAR + ms} attempt ${i === 2 ? 2 : 1}`))
})

test('results are stored as JSON; what cannot be stored fails the run, which is not repeated', () =>
  processAt(0, async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.on('failure', ({ error, retryIn }) => push(`${String(error)} ${retryIn}`))
    scheduler.once('good', () => ({ list: [1, 'two', null, { three: true }], date: new Date(0), nothing: undefined }), {
      delay: 1,
    })
    const circle: { me?: unknown } = {}
    circle.me = circle
    const bad = {
      function: () => () => {},
      bigint: () => ({ n: 10n }),
      map: () => [new Map()],
      nan: () => NaN,
      circle: () => circle,
    }
    for (const [name, fn] of Object.entries(bad)) scheduler.once<unknown>(name, fn, { delay: 10, retry: 5 })
    await sleep(100)
    expect(scheduler.status('good').lastResult).toBe(
      '{"list":[1,"two",null,{"three":true}],"date":"1970-01-01T00:00:00.000Z"}',
    )
    const wanted = 'return plain JSON data, or nothing null'
    expect(events).toEqual([
      `UnstorableResultError: the result of job "function" cannot be stored: the result is a function; ${wanted}`,
      `UnstorableResultError: the result of job "bigint" cannot be stored: the result.n is a bigint; ${wanted}`,
      `UnstorableResultError: the result of job "map" cannot be stored: the result.0 is a Map; ${wanted}`,
      `UnstorableResultError: the result of job "nan" cannot be stored: the result is NaN; ${wanted}`,
      `UnstorableResultError: the result of job "circle" cannot be stored: the result.me contains itself; ${wanted}`,
    ])
  }))

test('an occurrence whose process ended in it five times is given up', () =>
  processAt(0, async (world) => {
    const { events, push } = recorder<string>()
    const first = storeIn(world)
    first.open()
    const poison = {
      name: 'poison',
      anchor: NEW_YEAR,
      watermark: NEW_YEAR,
      exclusive: true,
      recurring: true,
      schedule: 'every 3600000 ms',
      now: NEW_YEAR,
      restart: false,
      accepted: null,
    }
    first.register(poison)
    const occurrence = { scheduledFor: NEW_YEAR + 1, missedCount: 0, ifBusy: 'skip' as const }
    first.offer({ name: 'poison', watermark: NEW_YEAR + 1, occurrences: [occurrence], missed: 0, limit: Infinity })
    for (let i = 0; i < 4; i++) {
      // Nobody renews the lease: it lapses, and the next process takes it.
      const next = storeIn(world)
      next.open()
      next.register(poison)
      next.take(null)
      world.clock.advance(30_000)
      expect(next.take(null).map(({ attempt, lapses }) => [attempt, lapses])).toEqual([[i + 2, i + 1]])
      next.close()
    }
    first.close()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.recurring('poison', () => push('ran'), { every: HOUR })
    await sleep(32_000)
    expect(events).toEqual([])
    expect(world.reported.splice(0)).toEqual([
      `job "poison" failed: AbandonedRunError: poison@${NEW_YEAR + 1} was started 5 times, and each time its process ended or could not reach the store; it is given up`,
    ])
    expect(scheduler.status('poison')).toMatchObject({ runs: 1, failures: 1 })
  }))

test('a file that cannot be opened is named', () =>
  inVirtualTime(async (world) => {
    const store = new SqliteStore({ path: join(folder, 'no', 'such', 'folder.db') })
    expect(() => schedulerIn(world, { store })).toThrow('folder.db" cannot be opened')
    await Promise.resolve()
  }))
