// Makes the n-th operation below the scheduler fail, for every n, and then lets it work again. A slice of the n is tried
// here; `npm run test:sabotage` tries all.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { afterAll, expect, test, vi } from 'vitest'
import type { Answer, JobStore, WallClock } from '../src/index.ts'
import { AsyncScheduler, MemoryStore } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { StoreFault } from '../src/testing/index.ts'
import { FaultyStore } from '../src/testing/index.ts'
import type { Fault } from './sabotage/broken-statements.ts'
import { FAULTS, Saboteur } from './sabotage/broken-statements.ts'
import type { Outcome } from './sabotage/scenario.ts'
import { scenario } from './sabotage/scenario.ts'
import type { World } from './support.ts'
import { inVirtualTime } from './support.ts'

const MINUTE = 60_000
const ALL = process.env['LOOP_SABOTAGE'] === 'all'
/** Every so manieth operation in the slice: a prime, so that the kinds of statements take turns. */
const STRIDE = ALL ? 1 : 97
/** Of several in a row, neighbours differ by one. */
const strideOf = (length: number): number => (ALL ? length : STRIDE)

const saboteur = new Saboteur()
vi.mock(import('../src/sqlite/driver.ts'), async (original) => {
  const driver = await original()
  return { ...driver, openDatabase: (...args) => saboteur.around(driver.openDatabase(...args)) }
})

const counts: string[] = []
afterAll(() => {
  for (const line of counts) console.log(line)
})

/** Runs the scenario on new stores; a hang of the virtual world is an error of its own. */
async function attempt(makeStores: (world: World) => JobStore[], settling = (): void => {}): Promise<Outcome> {
  let outcome: Outcome | undefined
  await inVirtualTime(async (world) => {
    outcome = await scenario(world, makeStores(world), settling)
  })
  return outcome!
}

/** A scenario on a new file, with so many stores on it. */
async function onFile(stores: number, settling?: () => void): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-sabotage-'))
  const open = ({ clock }: World): SqliteStore =>
    new SqliteStore({ path: join(folder, 'jobs.db'), clock, pollMs: 20_000, synchronous: 'normal' })
  try {
    return await attempt((world) => Array.from({ length: stores }, () => open(world)), settling)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const right = { lost: [], doubled: [], troubles: [] }

test.each([
  { stores: 1, length: 1 },
  { stores: 1, length: 9 },
  { stores: 2, length: 3 },
])(
  'SQLite: $length statements fail, with $stores stores on the file',
  { timeout: 1_800_000 },
  async ({ stores, length }) => {
    saboteur.arm(Infinity, 0, 'FULL')
    // One that fails as the last of all leaves a trouble behind, as it should.
    let all = 0
    const settling = (): void => {
      all = saboteur.operations
    }
    expect(await onFile(stores, settling)).toEqual({ ...right, causes: [] })
    let failed = 0
    for (const [index, fault] of (Object.keys(FAULTS) as Fault[]).entries()) {
      for (let n = ALL ? 1 : 1 + index * 7; n <= all; n += strideOf(length)) {
        saboteur.arm(n, length, fault)
        const { causes, ...rest } = await onFile(stores)
        const told = saboteur.failed === 0 ? [] : [FAULTS[fault]]
        expect({
          n,
          fault,
          ...rest,
          first: causes.slice(0, 1).map((cause) => told.find((text) => cause.includes(text)) ?? cause),
        }).toEqual({ n, fault, ...right, first: told })
        failed += saboteur.failed
      }
    }
    counts.push(
      `SQLite, ${stores} on a file, ${length} in a row: ${failed} failures at ${all} statements, ${Object.keys(FAULTS).length} kinds`,
    )
  },
)

/** How an answer of a store goes wrong. */
const STORE_FAULTS = ['before', 'after', 'never', 'rejects', 'slow'] as const
type StoreTrouble = (typeof STORE_FAULTS)[number]

/** Fails the n-th answer of a store, and counts. */
function failing(
  store: JobStore,
  world: World,
  n: number,
  trouble: StoreTrouble,
  count: { calls: number; failed: number },
) {
  let now: StoreTrouble | null = null
  const faulty = new FaultyStore(store, (action): StoreFault | null => {
    now = null
    if (++count.calls !== n) return null
    // `open` is waited for, as it may migrate tables. What a store without expiring leases gave is lost with the answer.
    const excluded =
      (trouble === 'never' && (action === 'open' || action === 'close')) ||
      ((trouble === 'after' || trouble === 'rejects') &&
        store.renewMs === null &&
        ['offer', 'take', 'start'].includes(action))
    if (excluded) return null
    count.failed++
    now = trouble
    return trouble === 'before' || trouble === 'after' || trouble === 'never' ? trouble : null
  })
  return new Proxy(faulty, {
    get(target, key: keyof FaultyStore) {
      const member = target[key] as unknown
      if (typeof member !== 'function' || key === 'encode') return member
      return (...args: never[]): Answer<unknown> => {
        const answer = (member as (...args: never[]) => unknown).apply(target, args)
        if (now === 'rejects') return Promise.resolve().then(() => Promise.reject(new Error('it broke off')))
        if (now === 'slow') return new Promise((resolve) => world.loop.callLater(20_000, resolve, answer))
        return answer
      }
    },
  })
}

test.each(STORE_FAULTS)('the n-th call of a store: %s', { timeout: 1_800_000 }, async (trouble) => {
  for (const kind of ['memory', 'SQLite'] as const) {
    saboteur.arm(Infinity, 0, 'FULL')
    let calls = Infinity
    let failed = 0
    for (let n = 1; n <= calls; n += ALL ? 1 : 5) {
      let before = Infinity
      const count = { calls: 0, failed: 0 }
      const folder = mkdtempSync(join(tmpdir(), 'loop-sabotage-'))
      const path = join(folder, 'jobs.db')
      const outcome = await attempt(
        (world) => [
          failing(
            kind === 'memory'
              ? new MemoryStore()
              : new SqliteStore({ path, clock: world.clock, pollMs: 20_000, synchronous: 'normal' }),
            world,
            n,
            trouble,
            count,
          ),
        ],
        () => {
          before = count.calls
        },
      )
      rmSync(folder, { recursive: true })
      const { causes, ...rest } = outcome
      expect({ kind, n, ...rest }).toEqual({ kind, n, ...right })
      if (count.failed > 0 && trouble !== 'slow')
        expect(causes[0], `${kind} ${n}`).toMatch(/as the test wants|broke off|has not answered/)
      failed += count.failed
      calls = Math.min(calls, before)
    }
    counts.push(`${kind}, an answer that is ${trouble}: ${failed} of ${calls} calls failed`)
  }
})

/** What a clock does at one reading. */
const CLOCK_FAULTS = ['set forward', 'set back', 'asleep', 'stands still', 'monotonic jump'] as const

test.each(CLOCK_FAULTS)('the n-th reading of a clock: %s', { timeout: 1_800_000 }, async (fault) => {
  const minutes = 6
  let readings = Infinity
  let tried = 0
  for (let n = 1; n <= readings; n += ALL ? 1 : 3) {
    let read = 0
    await inVirtualTime(async (world) => {
      const { wall, clock } = world
      let frozen: number | null = null
      let registered = Infinity
      const broken: WallClock = {
        now: () => {
          if (++read === registered + n) {
            if (fault === 'set forward') wall.set(30 * MINUTE)
            if (fault === 'set back') wall.set(-30 * MINUTE)
            if (fault === 'asleep') wall.sleep(10 * MINUTE)
            if (fault === 'stands still') frozen = wall.now()
            if (fault === 'monotonic jump') clock.advance(10 * MINUTE)
          }
          if (read > registered + n + 10) frozen = null
          return frozen ?? wall.now()
        },
        sinceBoot: () => wall.sinceBoot(),
      }
      const began = world.loop.time()
      const runs = { interval: [] as number[], cron: [] as number[] }
      const scheduler = new AsyncScheduler({ clock: broken })
      const every = { missed: 'all', catchUpWindow: Infinity, overlap: 'queue' } as const
      const work = (name: keyof typeof runs) => (context: { scheduledFor: Date }) => {
        runs[name].push(Number(context.scheduledFor))
      }
      scheduler.recurring('interval', work('interval'), { every: MINUTE / 2, ...every })
      scheduler.recurring('cron', work('cron'), { cron: '* * * * *', timeZone: 'UTC', ...every })
      // Set between the readings of a registration, a clock has counted that as time that has passed.
      registered = read
      await sleep((minutes - 2) * MINUTE)
      const sabotaged = read - registered
      await sleep(2 * MINUTE + 500)
      readings = Math.min(readings, sabotaged)
      const passed = world.loop.time() - began
      const { ok, late, leases } = scheduler.health()
      await scheduler.close()
      const cron = [...runs.cron].sort((a, b) => a - b)
      const gaps = cron.filter((at, index) => index > 0 && at - cron[index - 1]! !== MINUTE)
      const due = Math.floor(passed / (MINUTE / 2))
      expect({ n, ok, late, leases, doubled: cron.length - new Set(cron).size, gaps }).toEqual({
        n,
        ok: true,
        late: [],
        leases: 0,
        doubled: 0,
        gaps: [],
      })
      // Intervals are counted on the monotonic clock, from when they were registered: a jump before that is not theirs.
      const least = fault === 'monotonic jump' ? minutes * 2 - 1 : due - 1
      // Those missed while the machine slept are made up for.
      expect([n, runs.interval.length >= least, runs.interval.length <= due + 20]).toEqual([n, true, true])
      // The minutes since the first one, whatever the clock did: all that it showed in the end.
      expect([n, cron.length >= (fault === 'set back' ? 0 : minutes - 1)]).toEqual([n, true])
    })
    tried++
  }
  counts.push(`clock, ${fault}: ${tried} of ${readings} readings`)
})
