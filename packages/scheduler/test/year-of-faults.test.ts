// A year, or a part of it, in virtual time on stores that fail at random: single answers that fail or are slow now and then, and outages.
// Every occurrence runs to its end exactly once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { AsyncScheduler, JobStore, StoreAction } from '../src/index.ts'
import { MemoryStore } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { StoreFault } from '../src/testing/index.ts'
import { FaultyStore } from '../src/testing/index.ts'
import { randomFrom } from './random.ts'
import type { World } from './support.ts'
import { inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** The everyday tests take two months; `test:kill` the whole year. */
const DAYS = Number(process.env['LOOP_FAULT_DAYS'] ?? 60)

/** Less than the time after which an answer is no longer waited for: a lease that comes later is nobody's. */
const SLOW = 20_000

/** What is kept of a lease that nobody knows of: nothing gives it back in a store whose leases do not expire. */
const GIVES_LEASES: readonly StoreAction[] = ['offer', 'take', 'start']

/**
 * Breaks stores at random: each answer with a chance, and all of them during outages of up to `longest` milliseconds.
 */
async function breaking(
  world: World,
  stores: readonly FaultyStore[],
  random: () => number,
  longest: number,
  lossy: boolean,
): Promise<void> {
  const fault = (action: StoreAction, chance: number): StoreFault | null => {
    if (random() >= chance) return null
    if (random() < 0.3) return sleep(SLOW * random())
    return random() < 0.5 && (lossy || !GIVES_LEASES.includes(action)) ? 'after' : 'before'
  }
  const end = world.loop.time() + DAYS * 24 * HOUR
  while (world.loop.time() < end) {
    for (const store of stores) store.fault = (action) => fault(action, 0.02)
    await sleep(Math.min(end - world.loop.time(), (1 + 3 * random()) * 24 * HOUR))
    const victim = stores[Math.floor(random() * stores.length)]!
    victim.fault = (action) => fault(action, 1)
    await sleep(longest * random())
  }
  for (const store of stores) store.fault = () => null
  await sleep(6 * HOUR)
}

/** Hourly by cron, every 20 minutes as an interval, and a one-time job a day; each run takes up to five minutes. */
function define(scheduler: AsyncScheduler, ends: Map<string, number>, random: () => number): void {
  const work = async ({ key }: { key: string }): Promise<void> => {
    await sleep(random() * 5 * MINUTE)
    ends.set(key, (ends.get(key) ?? 0) + 1)
  }
  const end = new Date(NEW_YEAR + DAYS * 24 * HOUR + 1)
  const options = { missed: 'all', catchUpWindow: Infinity, overlap: 'queue' } as const
  scheduler.on('storeError', () => {})
  scheduler.define('once', work)
  scheduler.recurring('cron', work, { cron: '0 * * * *', timeZone: 'UTC', end, ...options })
  scheduler.recurring('interval', work, {
    every: 20 * MINUTE,
    start: new Date(NEW_YEAR + 20 * MINUTE),
    end,
    ...options,
  })
}

function expected(): string[] {
  const keys: string[] = []
  for (let at = HOUR; at <= DAYS * 24 * HOUR; at += HOUR) keys.push(`cron@${NEW_YEAR + at}`)
  for (let at = 20 * MINUTE; at <= DAYS * 24 * HOUR; at += 20 * MINUTE) keys.push(`interval@${NEW_YEAR + at}`)
  for (let day = 1; day < DAYS; day++) keys.push(`once-${day}@${NEW_YEAR + (day * 24 + 12) * HOUR}`)
  return keys
}

async function year(
  seed: number,
  makeStores: (world: World) => JobStore[],
  longest: number,
  lossy: boolean,
): Promise<void> {
  const random = randomFrom(seed)
  const ends = new Map<string, number>()
  await inVirtualTime(async (world) => {
    const stores = makeStores(world).map((store) => new FaultyStore(store))
    const schedulers = stores.map((store) => schedulerIn(world, { store }))
    for (const scheduler of schedulers) define(scheduler, ends, random)
    const accepting = async (): Promise<void> => {
      for (let day = 1; day < DAYS; day++) {
        await sleep(NEW_YEAR + day * 24 * HOUR - world.wall.now())
        schedulers[day % schedulers.length]!.once(`once-${day}`, 'once', {
          at: new Date(NEW_YEAR + (day * 24 + 12) * HOUR),
        })
      }
    }
    await Promise.all([breaking(world, stores, random, longest, lossy), accepting()])
    for (const scheduler of schedulers) {
      expect(scheduler.health()).toMatchObject({ ok: true, late: [], leases: 0, unstored: 0 })
      await scheduler.close()
    }
  })
  const all = expected()
  expect({
    seed,
    lost: all.filter((key) => !ends.has(key)),
    doubled: all.filter((key) => (ends.get(key) ?? 0) > 1),
    unplanned: ends.size - all.length,
  }).toEqual({
    seed,
    lost: [],
    doubled: [],
    unplanned: 0,
  })
}

test('in memory, with outages of up to half a day', { timeout: 300_000 }, () =>
  year(1, () => [new MemoryStore()], 12 * HOUR, false),
)

test('two instances on a file, each cut off for up to 20 minutes', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
  const open = ({ clock }: World): SqliteStore =>
    new SqliteStore({
      path: join(folder, 'jobs.db'),
      clock,
      leaseMs: 2 * HOUR,
      pollMs: 10 * MINUTE,
      synchronous: 'normal',
    })
  try {
    // Twice as long as the longest outage and a run: nobody loses a lease, and a lease whose answer was lost comes
    // back.
    await year(2, (world) => [open(world), open(world)], 20 * MINUTE, true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
