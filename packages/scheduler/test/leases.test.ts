import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError, sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LeaseLostError } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { StoreFault } from '../src/testing/index.ts'
import { FaultyStore } from '../src/testing/index.ts'
import { randomFrom } from './random.ts'
import type { World } from './support.ts'
import { clockText, inVirtualTime, schedulerIn } from './support.ts'

const LEASE = 9000
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** A store of its own on the file, as another process has it, that can be cut off. */
const storeIn = (world: World, fault?: FaultyStore['fault']): FaultyStore =>
  new FaultyStore(
    new SqliteStore({
      path: join(folder, 'jobs.db'),
      clock: world.clock,
      leaseMs: LEASE,
      pollMs: 1000,
      synchronous: 'normal',
    }),
    fault,
  )

test('a run whose lease cannot be renewed is cancelled before another instance may begin it', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const stores = [storeIn(world), storeIn(world)]
    const schedulers = stores.map((store) => schedulerIn(world, { store }))
    for (const [i, scheduler] of schedulers.entries()) {
      scheduler.on('storeError', () => {})
      scheduler.recurring(
        'job',
        async ({ attempt }) => {
          push(`${clockText(world.wall.now())} ${i} begins, attempt ${attempt}`)
          try {
            await sleep(60_000)
          } catch (error) {
            push(`${clockText(world.wall.now())} ${i} ${error instanceof CancelledError ? 'cancelled' : 'failed'}`)
            throw error
          }
        },
        { every: 10_000, limit: 1 },
      )
    }
    await sleep(12_000)
    // The first one begins, and is cut off at 12 s; its lease was last renewed at 10 s.
    stores[0]!.fault = () => 'before'
    await sleep(20_000)
    expect(events).toEqual(['00:00:10 0 begins, attempt 1', '00:00:17.500 0 cancelled', '00:00:19 1 begins, attempt 2'])
    expect(world.reported.splice(0)).toEqual([expect.stringContaining('could not be renewed for 7500 ms')])
    for (const scheduler of schedulers) await scheduler.close({ timeout: 0 })
    world.reported.length = 0
  }))

test(
  'on a hundred networks that break at random, an exclusive job never runs in two places',
  { timeout: 120_000 },
  async () => {
    let begun = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      rmSync(join(folder, 'jobs.db'), { force: true })
      await inVirtualTime(async (world) => {
        const stores = [storeIn(world), storeIn(world)]
        const schedulers = stores.map((store) => schedulerIn(world, { store }))
        let running = 0
        for (const scheduler of schedulers) {
          scheduler.on('storeError', () => {})
          scheduler.recurring(
            'job',
            async () => {
              begun++
              if (++running > 1) throw new Error(`seed ${seed}: runs in two places at ${clockText(world.wall.now())}`)
              try {
                await sleep(5000 + random() * 30_000)
              } finally {
                running--
              }
            },
            { every: 10_000, overlap: 'queue' },
          )
        }
        for (let i = 0; i < 10; i++) {
          const faults: (StoreFault | null)[] = [null, 'before', 'after']
          for (const store of stores) {
            const fault = faults[Math.floor(random() * 3)]!
            store.fault = () => fault
          }
          await sleep(random() * 20_000)
        }
        for (const store of stores) store.fault = () => null
        await sleep(20_000)
        const failed = schedulers.flatMap((scheduler) => scheduler.status('job').failures)
        for (const scheduler of schedulers) await scheduler.close({ timeout: 0 })
        expect(
          failed.every((count) => count === 0),
          `seed ${seed}: ${world.reported.join('; ')}`,
        ).toBe(true)
        expect(world.reported.splice(0).filter((report) => !report.includes('lost its lease'))).toEqual([])
      })
    }
    expect(begun).toBeGreaterThan(300)
  },
)

test('what an instance cannot use it gives back uncounted, however often', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const stores = [storeIn(world), storeIn(world)]
    const schedulers = stores.map((store) => schedulerIn(world, { store }))
    // The second cannot register the job at first, and the first is going to end.
    stores[1]!.fault = (action) => (action === 'register' ? 'after' : null)
    for (const [i, scheduler] of schedulers.entries()) {
      scheduler.on('storeError', () => {})
      scheduler.recurring(
        'job',
        async ({ attempt, key }) => {
          push(`${i} begins ${key.slice(-5)}, attempt ${attempt}`)
          await sleep(30_000)
        },
        { every: 10_000, limit: 1 },
      )
    }
    await sleep(15_000)
    await schedulers[0]!.close({ timeout: 0 })
    await sleep(20_000)
    stores[1]!.fault = () => null
    await sleep(60_000)
    expect(events).toEqual(['0 begins 10000, attempt 1', '1 begins 10000, attempt 2'])
    await schedulers[1]!.close()
  }))

test('an end that is stored after the lease was lost and came back is stored, and nothing runs again', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const store = storeIn(world)
    await using scheduler = schedulerIn(world, { store })
    scheduler.on('storeError', () => {})
    scheduler.recurring('job', ({ key, attempt }) => push(`${key.slice(-5)} attempt ${attempt}`), { every: 10_000 })
    store.fault = (action) => (action === 'finish' || action === 'renew' ? 'before' : null)
    await sleep(45_000)
    // Taken over from itself meanwhile, again and again, and recognised.
    expect(scheduler.status('job')).toMatchObject({ runs: 0, unstored: 1, active: 0 })
    store.fault = () => null
    await sleep(30_000)
    // Those that came meanwhile were left out, as the job was still open.
    expect(events).toEqual(['10000 attempt 1', '50000 attempt 1', '60000 attempt 1', '70000 attempt 1'])
    expect(scheduler.status('job')).toMatchObject({ runs: 4, unstored: 0 })
  }))

test('a loop that stood still for longer than a lease keeps what nobody took', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.recurring(
      'job',
      async ({ attempt }) => {
        push(`begins, attempt ${attempt}`)
        await sleep(1000)
        world.clock.advance(5 * LEASE)
        await sleep(20_000)
        push('ends')
      },
      { every: 10_000, limit: 1 },
    )
    await sleep(100_000)
    expect(events).toEqual(['begins, attempt 1', 'ends'])
  }))

test('a lease that is lost is named, and what the run returned is dropped', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    const store = storeIn(world)
    await using scheduler = schedulerIn(world, { store })
    world.loop.setExceptionHandler((_, { exception }) => push(exception))
    scheduler.recurring(
      'job',
      async () => {
        await sleep(5000)
        return 'too late'
      },
      { every: 10_000, limit: 1 },
    )
    await sleep(11_000)
    // The job is cancelled by another instance: its run here learns of it at the next renewal.
    const other = storeIn(world)
    await other.open()
    const over = new SqliteStore({
      path: join(folder, 'jobs.db'),
      clock: world.clock,
      leaseMs: 0,
      synchronous: 'normal',
    })
    over.open()
    over.register({
      name: 'job',
      anchor: 0,
      watermark: 0,
      exclusive: true,
      recurring: true,
      schedule: 'every 10000 ms',
      now: 0,
      restart: false,
      accepted: null,
    })
    over.take(null)
    const [lease] = over.take(null)
    over.finish(lease!, { outcome: 'success', result: null, error: null, startedAt: 0, duration: 0 })
    await sleep(10_000)
    over.close()
    await other.close()
    expect(events).toEqual([expect.any(LeaseLostError)])
    expect((events[0] as LeaseLostError).unrenewedFor).toBe(null)
  }))
