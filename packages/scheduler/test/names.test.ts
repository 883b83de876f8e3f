import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DuplicateJobError, MemoryStore } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { World } from './support.ts'
import { clockText, eventLog, inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

const DAY = 86_400_000
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const fileIn = (world: World, retention?: number): SqliteStore =>
  new SqliteStore({
    path: join(folder, 'jobs.db'),
    clock: world.clock,
    ...(retention === undefined ? {} : { retention, pollMs: 3_600_000 }),
  })
const stores: [string, (world: World) => SqliteStore | MemoryStore][] = [
  ['in memory', () => new MemoryStore()],
  ['in a file', (world) => fileIn(world)],
]

test.each(stores)(
  'a one-time job plans itself again, directly and after a wait, and others may plan it again, %s',
  (_, storeIn) =>
    inVirtualTime(async (world) => {
      const { events, push } = recorder<string>()
      await using scheduler = schedulerIn(world, { store: storeIn(world) })
      for (const [name, wait] of [
        ['direct', 0],
        ['waiting', 50],
      ] as const) {
        let runs = 0
        const poll = async (): Promise<void> => {
          push(`${name} ${clockText(world.wall.now())}`)
          if (wait > 0) await sleep(wait)
          if (++runs < 3) scheduler.once(name, poll, { delay: 1000 * runs })
        }
        scheduler.once(name, poll, { delay: 1000 })
      }
      await sleep(6000)
      scheduler.once('direct', () => push(`again ${clockText(world.wall.now())}`), { at: new Date(NEW_YEAR + 7000) })
      expect(() => scheduler.once('direct', () => {}, { delay: 1 })).toThrow(DuplicateJobError)
      await sleep(2000)
      expect(events).toEqual([
        'direct 00:00:01',
        'waiting 00:00:01',
        'direct 00:00:02',
        'waiting 00:00:02.050',
        'direct 00:00:04',
        'waiting 00:00:04.100',
        'again 00:00:07',
      ])
    }),
)

test('a one-time job that comes due while its own run goes on waits for it', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.once(
      'job',
      async () => {
        scheduler.once('job', () => push(`second ${world.loop.time()}`), { delay: 100 })
        await sleep(500)
        push(`first ${world.loop.time()}`)
      },
      { delay: 100 },
    )
    await sleep(2000)
    expect(events).toEqual(['first 600', 'second 600'])
  }))

test('a name that changes between recurring and one-time begins anew, and another schedule goes on; both are told', async () => {
  const { events, push } = recorder<string>()
  const logs: string[][] = []
  const program = (at: number, define: (scheduler: ReturnType<typeof schedulerIn>) => void): Promise<void> =>
    inVirtualTime(async (world) => {
      world.wall.set(at)
      await using scheduler = schedulerIn(world, { store: fileIn(world) })
      logs.push(eventLog(scheduler, 'changed'))
      define(scheduler)
      await sleep(2500)
    })
  const note = ({ scheduledFor }: { scheduledFor: Date }): void => push(clockText(scheduledFor))
  await program(0, (scheduler) => scheduler.recurring('job', note, { every: 1000 }))
  await program(10_000, (scheduler) => scheduler.recurring('job', note, { every: 2000 }))
  await program(20_000, (scheduler) => scheduler.once('job', note, { delay: 500 }))
  await program(30_000, (scheduler) => scheduler.once('job', note, { delay: 700 }))
  await program(40_000, (scheduler) => scheduler.recurring('job', note, { every: 1000 }))
  expect(events).toEqual(['00:00:01', '00:00:02', '00:00:10', '00:00:12', '00:00:20.500', '00:00:41', '00:00:42'])
  expect(logs).toEqual([
    [],
    ['changed name=job from=every 1000 ms to=every 2000 ms action=continued'],
    ['changed name=job from=every 2000 ms to=once after 500 ms action=restarted'],
    ['changed name=job from=once after 500 ms to=once after 700 ms action=ended'],
    ['changed name=job from=once after 700 ms to=every 1000 ms action=restarted'],
  ])
})

test('cancel and remove free names that only the store knows', async () => {
  const { events, push } = recorder<string>()
  const once = (free: (scheduler: ReturnType<typeof schedulerIn>) => unknown): Promise<void> =>
    inVirtualTime(async (world) => {
      await using scheduler = schedulerIn(world, { store: fileIn(world) })
      push(String(await free(scheduler)))
      scheduler.once('mail', () => push('ran'), { at: new Date(NEW_YEAR + 1000) })
      await sleep(1500)
    })
  await once((scheduler) => scheduler.cancel('mail'))
  await once(() => 'nothing freed')
  await once((scheduler) => scheduler.cancel('mail'))
  await once((scheduler) => scheduler.remove('mail'))
  await once((scheduler) => scheduler.remove('other'))
  expect(events).toEqual(['false', 'ran', 'nothing freed', 'true', 'ran', 'true', 'ran', 'false'])
})

test('one-time jobs are let go a day after their end, and beyond a count the oldest before', () =>
  inVirtualTime(async (world) => {
    const store = new MemoryStore()
    await using scheduler = schedulerIn(world, { store, keepFinished: { count: 3 } })
    const names = (): string =>
      scheduler
        .status()
        .map(({ name }) => name)
        .join(' ')
    for (let i = 1; i <= 5; i++) scheduler.once(`job-${i}`, () => {}, { delay: i * 1000 })
    await sleep(5500)
    expect(names()).toBe('job-3 job-4 job-5')
    expect(store.list(false)).toHaveLength(3)
    await sleep(2 * DAY)
    scheduler.once('last', () => {}, { delay: 0 })
    await sleep(1)
    expect(names()).toBe('last')
    expect(() => schedulerIn(world, { keepFinished: { counts: 3 } as never })).toThrow(
      'there is no option "counts", did you mean "count"?',
    )
  }))

test('a store lets one-time jobs go some time after they ended or were last registered', () =>
  inVirtualTime(async (world) => {
    const store = fileIn(world, DAY)
    await using scheduler = schedulerIn(world, { store })
    scheduler.once('old', () => {}, { delay: 1000 })
    await sleep(2 * DAY)
    scheduler.recurring('tick', () => {}, { every: 1000, overlap: 'parallel' })
    expect(store.list(false).map(({ name }) => name)).toEqual(['old', 'tick'])
    await sleep(300_000)
    expect(store.list(false).map(({ name }) => name)).toEqual(['tick'])
  }))

test.each(stores)('names and data that look like code are names and data, %s', (_, storeIn) =>
  inVirtualTime(async (world) => {
    const odd = [
      `'; drop table loop_job; --`,
      `" or ""="`,
      `a') union select 1 --`,
      'two\nlines',
      '\u001b[2J',
      '__proto__',
      'constructor',
      '%_?1:name$1',
    ]
    const { events, push } = recorder<string>()
    const store = storeIn(world)
    await using scheduler = schedulerIn(world, { store })
    scheduler.define('mail', ({ name, data }) => push(`${name} ${String(data)}`))
    for (const text of odd) {
      scheduler.once(text, 'mail', { delay: 1000, data: text })
      scheduler.recurring(`${text} again`, () => push('again'), { every: 5000, limit: 1 })
    }
    scheduler.pause(`${odd[0]!} again`)
    expect(await scheduler.remove(`${odd[1]!} again`)).toBe(true)
    await sleep(6000)
    expect(events.filter((event) => event === 'again')).toHaveLength(odd.length - 2)
    expect(events.filter((event) => event !== 'again')).toEqual(odd.map((text) => `${text} ${text}`))
    expect((await store.list(false)).length).toBe(odd.length * 2 - 1)
  }),
)
