/**
 * The contract of job stores as tests; every store runs it, and so should yours. Long because it is one list of cases.
 *
 * ```ts
 * import { test } from 'vitest'
 * jobStoreSuite({ test, make: async () => new MyStore(url) })
 * ```
 */
import assert from 'node:assert/strict'
import { getRunningLoop, run, sleep } from '@loop/core'
import { AsyncScheduler } from '../scheduler.ts'
import type { StoreAction } from '../store/store-access.ts'
import type { JobRegistration, JobStore, Lease, Offer, OfferResult, RunRecord } from '../store/store.ts'
import { FaultyStore } from './faulty-store.ts'

/** What the suite needs. */
export interface JobStoreSuiteOptions {
  /** Registers a test: vitest's, node:test's or another one's `test`. */
  readonly test: (name: string, body: () => Promise<void>) => unknown
  /** A store over empty storage. The suite opens and closes it. */
  readonly make: () => JobStore | Promise<JobStore>
  /** A second store over the storage of the last `make`, as another process has it; for shared stores. */
  readonly another?: () => JobStore | Promise<JobStore>
  /** Makes as much time pass as it takes until a lease that is not renewed may be taken over. */
  readonly expire?: () => void | Promise<void>
  /** Releases what the stores used. */
  readonly cleanUp?: () => void | Promise<void>
}

const MINUTE = 60_000
const T0 = Date.UTC(2026, 0, 1)
const success: RunRecord = { outcome: 'success', result: null, error: null, startedAt: T0, duration: 5 }

const registration = (name: string, exclusive = true): JobRegistration => ({
  name,
  anchor: T0,
  watermark: T0,
  exclusive,
  recurring: true,
  schedule: 'every minute',
  now: T0,
  restart: false,
  accepted: null,
})

/** An offer of the occurrences `minutes` after T0. */
const offering = (
  name: string,
  minutes: readonly number[],
  options: Partial<Offer> & { ifBusy?: 'skip' | 'wait' } = {},
): Offer => {
  const { ifBusy = 'skip', ...rest } = options
  const occurrences = minutes.map((minute) => ({ scheduledFor: T0 + minute * MINUTE, missedCount: 0, ifBusy }))
  return { name, watermark: T0 + Math.max(0, ...minutes) * MINUTE, occurrences, missed: 0, limit: Infinity, ...rest }
}

const minutesOf = (leases: readonly { scheduledFor: number }[]): number[] =>
  leases.map(({ scheduledFor }) => (scheduledFor - T0) / MINUTE)

/** Registers the tests of the contract. */
export function jobStoreSuite({ test, make, another, expire, cleanUp }: JobStoreSuiteOptions): void {
  const check = (name: string, body: (store: JobStore) => Promise<void>): void => {
    test(name, async () => {
      const store = await make()
      await store.open()
      try {
        await body(store)
      } finally {
        await store.close()
        await cleanUp?.()
      }
    })
  }

  /** What may be taken, asked again for a while: a store may hand out with a delay. */
  const taken = async (store: JobStore, name: string | null, count: number): Promise<readonly Lease[]> => {
    const leases = [...(await store.take(name))]
    for (let tries = 0; leases.length < count && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      leases.push(...(await store.take(name)))
    }
    return leases
  }

  check('a new job is fresh, a known one is not and keeps its anchor', async (store) => {
    const first = await store.register(registration('job'))
    assert.deepEqual(
      [
        first.fresh,
        first.anchor,
        first.watermark,
        first.offered,
        first.paused,
        first.runs,
        first.failures,
        first.missed,
      ],
      [true, T0, T0, 0, false, 0, 0, 0],
    )
    const again = await store.register({ ...registration('job'), anchor: T0 + 5, watermark: T0 + 5 })
    assert.deepEqual([again.fresh, again.anchor, again.watermark], [false, T0, T0])
  })

  check('what is offered is leased to who offers, once', async (store) => {
    await store.register(registration('job'))
    const { leases, offered, moved } = await store.offer(offering('job', [1]))
    assert.deepEqual(
      leases.map(({ name, key, scheduledFor, attempt, missedCount }) => ({
        name,
        key,
        scheduledFor,
        attempt,
        missedCount,
      })),
      [{ name: 'job', key: `job@${T0 + MINUTE}`, scheduledFor: T0 + MINUTE, attempt: 1, missedCount: 0 }],
    )
    assert.deepEqual([offered, moved], [1, true])
    const again = await store.offer(offering('job', [1]))
    assert.deepEqual([again.leases, again.skipped, again.offered, again.moved], [[], [], 1, false])
    assert.equal(await store.finish(leases[0]!, success), true)
    assert.deepEqual((await store.offer(offering('job', [1]))).leases, [])
    assert.deepEqual(await store.take(null), [])
  })

  check('the watermark guards what is older, and can be moved back', async (store) => {
    await store.register(registration('job', false))
    await store.offer(offering('job', [5]))
    assert.deepEqual((await store.offer(offering('job', [4]))).leases, [])
    await store.rewind('job', T0 + 2 * MINUTE)
    assert.deepEqual(minutesOf((await store.offer(offering('job', [3, 4]))).leases), [3, 4])
    assert.equal((await store.register(registration('job', false))).watermark, T0 + 4 * MINUTE)
  })

  check('runs, failures and missed ones are counted', async (store) => {
    await store.register(registration('job', false))
    const { leases } = await store.offer(offering('job', [1, 2, 3], { missed: 4 }))
    await store.finish(leases[0]!, success)
    await store.finish(leases[1]!, { ...success, outcome: 'failure', error: 'no' })
    await store.finish(leases[2]!, { ...success, outcome: 'cancelled' })
    // Who comes second with the same news does not count it again.
    await store.offer(offering('job', [1, 2, 3], { missed: 4 }))
    const { runs, failures, missed, offered } = await store.register(registration('job', false))
    assert.deepEqual([runs, failures, missed, offered], [3, 1, 4, 3])
  })

  check('the limit bounds what is ever offered', async (store) => {
    await store.register(registration('job', false))
    assert.deepEqual(minutesOf((await store.offer(offering('job', [1, 2, 3], { limit: 2 }))).leases), [1, 2])
    assert.deepEqual(minutesOf((await store.offer(offering('job', [4], { limit: 2 }))).leases), [])
  })

  check('an exclusive job runs one at a time: others are left out or wait, as they ask', async (store) => {
    await store.register(registration('job'))
    const first = (await store.offer(offering('job', [1]))).leases[0]!
    const left = await store.offer(offering('job', [2]))
    assert.deepEqual([minutesOf(left.leases), minutesOf(left.skipped)], [[], [2]])
    const waiting = await store.offer(offering('job', [3, 4], { ifBusy: 'wait' }))
    assert.deepEqual([waiting.leases, waiting.skipped], [[], []])
    assert.deepEqual(await store.take('job'), [])
    await store.finish(first, success)
    const second = await taken(store, 'job', 1)
    assert.deepEqual(minutesOf(second), [3])
    assert.deepEqual(await store.take('job'), [])
    await store.finish(second[0]!, success)
    assert.deepEqual(minutesOf(await taken(store, null, 1)), [4])
  })

  check('a job that is not exclusive runs in parallel', async (store) => {
    await store.register(registration('job', false))
    const leases = [
      ...(await store.offer(offering('job', [1]))).leases,
      ...(await store.offer(offering('job', [2, 3]))).leases,
    ]
    assert.deepEqual(minutesOf(leases), [1, 2, 3])
  })

  check('what is released waits again, and counts the attempt', async (store) => {
    await store.register(registration('job'))
    const [lease] = (await store.offer(offering('job', [1]))).leases
    await store.release(lease!, true)
    const [again] = await taken(store, 'job', 1)
    assert.deepEqual([again!.key, again!.attempt], [lease!.key, 2])
  })

  check('a start beside the plan has a name of its own', async (store) => {
    await store.register(registration('job'))
    const { leases } = await store.offer(offering('job', [1]))
    assert.equal(await store.start('job', T0 + 90_000), null)
    await store.finish(leases[0]!, success)
    const lease = (await store.start('job', T0 + 90_000))!
    assert.deepEqual([lease.key, lease.attempt], [`job@${T0 + 90_000}`, 1])
    assert.equal(await store.finish(lease, success), true)
  })

  check('a removed job is forgotten with all that waits', async (store) => {
    await store.register(registration('job'))
    const [lease] = (await store.offer(offering('job', [1, 2], { ifBusy: 'wait' }))).leases
    await store.remove('job')
    await store.finish(lease!, success)
    assert.deepEqual(await store.take(null), [])
    assert.equal((await store.register(registration('job'))).fresh, true)
  })

  check('the end of a run may be stored again: it is true again, and counted once', async (store) => {
    await store.register(registration('job'))
    const [lease] = (await store.offer(offering('job', [1]))).leases
    assert.equal(await store.finish(lease!, { ...success, outcome: 'failure', error: 'no' }), true)
    assert.equal(await store.finish(lease!, { ...success, outcome: 'failure', error: 'no' }), true)
    await store.release(lease!, true)
    assert.deepEqual(await store.take(null), [])
    const { runs, failures } = await store.register(registration('job'))
    assert.deepEqual([runs, failures], [1, 1])
  })

  check('a release may be repeated, and does nothing to the next lease', async (store) => {
    await store.register(registration('job'))
    const [lease] = (await store.offer(offering('job', [1]))).leases
    await store.release(lease!, true)
    await store.release(lease!, true)
    const [again, ...more] = await taken(store, 'job', 1)
    assert.deepEqual([again!.attempt, more], [2, []])
    // A store whose leases are objects of this process knows them by identity, and has given out the same one again.
    if (again !== lease) await store.release(lease!, true)
    assert.deepEqual([await store.renew(again!), await store.finish(again!, success)], [true, true])
  })

  check('what is released before it began is not counted as an attempt', async (store) => {
    await store.register(registration('job'))
    let [lease] = (await store.offer(offering('job', [1]))).leases
    for (let i = 0; i < 8; i++) {
      await store.release(lease!, false)
      ;[lease] = await taken(store, 'job', 1)
      assert.equal(lease!.attempt, 1)
    }
    await store.release(lease!, true)
    assert.equal((await taken(store, 'job', 1))[0]!.attempt, 2)
  })

  check('many jobs at the same moment: each is known, leased, renewed and ended as if it were alone', async (store) => {
    const names = Array.from({ length: 60 }, (_, i) => `job-${i}`)
    const known = await Promise.all(names.map((name, i) => store.register(registration(name, i % 2 === 0))))
    assert.deepEqual(
      known.map(({ fresh }) => fresh),
      names.map(() => true),
    )
    const offered = await Promise.all(names.map((name) => store.offer(offering(name, [1, 2], { ifBusy: 'wait' }))))
    assert.deepEqual(
      offered.map(({ leases }) => minutesOf(leases)),
      names.map((_, i) => (i % 2 === 0 ? [1] : [1, 2])),
    )
    const leases = offered.flatMap((each) => each.leases)
    assert.deepEqual(
      await Promise.all(leases.map((lease) => store.renew(lease))),
      leases.map(() => true),
    )
    const failure: RunRecord = { ...success, outcome: 'failure', error: 'no' }
    // Each end is stored twice, as after an answer that was late.
    const ends = leases.flatMap((lease, i) => [0, 1].map(() => store.finish(lease, i % 3 === 0 ? failure : success)))
    assert.deepEqual(
      await Promise.all(ends),
      ends.map(() => true),
    )
    const waiting = (await Promise.all(names.map((name) => store.take(name)))).flat()
    assert.deepEqual(waiting.map(({ name }) => name).sort(), names.filter((_, i) => i % 2 === 0).sort())
    assert.deepEqual(
      minutesOf(waiting),
      waiting.map(() => 2),
    )
    const counts = await Promise.all(
      names.map((name) => store.register(registration(name, names.indexOf(name) % 2 === 0))),
    )
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
    assert.equal(sum(counts.map(({ runs }) => runs)), leases.length)
    assert.equal(sum(counts.map(({ failures }) => failures)), leases.length / 3)
  })

  check('an offer, a registration and a removal may be repeated', async (store) => {
    await store.register(registration('job'))
    await store.register(registration('job'))
    const [lease] = (await store.offer(offering('job', [1], { missed: 2 }))).leases
    const again = await store.offer(offering('job', [1], { missed: 2 }))
    assert.deepEqual([again.leases, again.moved, again.offered], [[], false, 1])
    assert.equal(await store.finish(lease!, success), true)
    assert.equal((await store.register(registration('job'))).missed, 2)
    assert.equal(await store.remove('job'), true)
    assert.equal(await store.remove('job'), false)
  })

  check(
    'a registration gives the schedule the job had; one of the other kind, or that is to begin anew, begins anew',
    async (store) => {
      await store.register(registration('job'))
      const { leases } = await store.offer(offering('job', [1, 2], { ifBusy: 'wait' }))
      const changed = await store.register({ ...registration('job'), schedule: 'every hour' })
      assert.deepEqual([changed.fresh, changed.schedule, changed.offered], [false, 'every minute', 2])
      const once: JobRegistration = {
        ...registration('job'),
        recurring: false,
        schedule: 'once',
        anchor: T0 + 9 * MINUTE,
        watermark: T0 + 9 * MINUTE,
      }
      const other = await store.register(once)
      assert.deepEqual(
        [other.fresh, other.schedule, other.anchor, other.watermark, other.offered, other.runs],
        [true, 'every hour', T0 + 9 * MINUTE, T0 + 9 * MINUTE, 0, 0],
      )
      // What was in progress goes on, what waited is gone.
      assert.equal(await store.finish(leases[0]!, success), true)
      assert.deepEqual(await store.take('job'), [])
      const ran = (await store.offer(offering('job', [10], { limit: 1 }))).leases
      await store.finish(ran[0]!, success)
      assert.equal((await store.register(once)).offered, 1)
      const anew = await store.register({
        ...once,
        restart: true,
        anchor: T0 + 11 * MINUTE,
        watermark: T0 + 11 * MINUTE,
      })
      assert.deepEqual([anew.fresh, anew.offered, anew.anchor], [true, 0, T0 + 11 * MINUTE])
      assert.deepEqual(minutesOf((await store.offer(offering('job', [12], { limit: 1 }))).leases), [12])
    },
  )

  check('what is in the store is listed, with how it was accepted', async (store) => {
    if (store.list === undefined) return
    await store.register(registration('recurring'))
    const accepted = '{"type":"mail","data":"7","options":{}}'
    await store.register({ ...registration('once'), recurring: false, schedule: 'once', accepted })
    const names = async (open: boolean): Promise<string[]> =>
      [...(await store.list!(open))].map(({ name }) => name).sort()
    assert.deepEqual(await names(true), ['once', 'recurring'])
    const [lease] = (await store.offer(offering('once', [1], { limit: 1 }))).leases
    assert.deepEqual(await names(true), ['once', 'recurring'])
    await store.finish(lease!, success)
    await store.pause('recurring', true)
    assert.deepEqual(await names(true), ['recurring'])
    assert.deepEqual(
      [...(await store.list(false))].sort((a, b) => a.name.localeCompare(b.name)),
      [
        {
          name: 'once',
          recurring: false,
          schedule: 'once',
          accepted,
          paused: false,
          runs: 1,
          failures: 0,
          open: false,
        },
        {
          name: 'recurring',
          recurring: true,
          schedule: 'every minute',
          accepted: null,
          paused: true,
          runs: 0,
          failures: 0,
          open: true,
        },
      ],
    )
    await store.remove('once')
    assert.deepEqual(await names(false), ['recurring'])
  })

  check('a removed name is free: the same occurrence runs again', async (store) => {
    const once: JobRegistration = { ...registration('job'), recurring: false, schedule: 'once' }
    for (let i = 0; i < 2; i++) {
      assert.equal((await store.register(once)).fresh, true)
      const { leases } = await store.offer(offering('job', [1], { limit: 1 }))
      assert.deepEqual(minutesOf(leases), [1])
      assert.equal(await store.finish(leases[0]!, success), true)
      await store.remove('job')
    }
  })

  check('a scheduler on it, while each member fails now and then, loses and doubles nothing', async (store) => {
    const tries = new Map<StoreAction, number>()
    const faults = new FaultyStore(store, (action) => {
      const times = (tries.get(action) ?? 0) + 1
      tries.set(action, times)
      if (times % 2 === 0) return null
      // The answer to an offer that was taken is the lease itself: it comes back when it has expired.
      return action === 'offer' || action === 'take' || times % 4 === 1 ? 'before' : 'after'
    })
    const keys: string[] = []
    await run(async () => {
      getRunningLoop().setExceptionHandler(() => {})
      const scheduler = new AsyncScheduler({ store: faults })
      const work = async ({ key }: { key: string }): Promise<void> => {
        await sleep(5)
        keys.push(key)
      }
      scheduler.recurring('job', work, { every: 40, limit: 6, missed: 'all', overlap: 'queue' })
      for (let tries = 0; tries < 200 && scheduler.status('job').runs < 6; tries++) await sleep(50)
      await scheduler.close()
    })
    assert.equal(new Set(keys).size, 6)
    assert.equal(keys.length, 6)
    assert.equal((await store.register(registration('job'))).runs, 6)
  })

  if (another === undefined) return

  const checkTwo = (name: string, body: (one: JobStore, two: JobStore) => Promise<void>): void => {
    check(name, async (one) => {
      const two = await another()
      await two.open()
      try {
        await body(one, two)
      } finally {
        await two.close()
      }
    })
  }

  checkTwo('two instances: an occurrence goes to one of them', async (one, two) => {
    assert.equal((await one.register(registration('job', false))).fresh, true)
    assert.equal((await two.register(registration('job', false))).fresh, false)
    const results: OfferResult[] = []
    for (const minute of [1, 2, 3, 4, 5]) {
      results.push(...(await Promise.all([one.offer(offering('job', [minute])), two.offer(offering('job', [minute]))])))
    }
    const leases = [...results.flatMap((result) => result.leases), ...(await one.take(null)), ...(await two.take(null))]
    assert.deepEqual(minutesOf(leases).sort(), [1, 2, 3, 4, 5])
    assert.equal(results.filter(({ moved }) => moved).length, 5)
  })

  checkTwo('two instances: an exclusive job runs in one of them at a time', async (one, two) => {
    await one.register(registration('job'))
    await two.register(registration('job'))
    const [lease] = (await one.offer(offering('job', [1]))).leases
    assert.deepEqual(minutesOf((await two.offer(offering('job', [2]))).skipped), [2])
    assert.deepEqual((await two.offer(offering('job', [3], { ifBusy: 'wait' }))).leases, [])
    assert.deepEqual(await two.take(null), [])
    await one.finish(lease!, success)
    assert.deepEqual(minutesOf(await taken(two, null, 1)), [3])
  })

  checkTwo('two instances: each takes only jobs that it knows', async (one, two) => {
    await one.register(registration('one'))
    await two.register(registration('two'))
    const [lease] = (await one.offer(offering('one', [1]))).leases
    await one.release(lease!, true)
    assert.deepEqual(await two.take(null), [])
    assert.deepEqual(minutesOf(await taken(one, null, 1)), [1])
  })

  checkTwo('two instances: paused in one is paused in both; what comes meanwhile is left out', async (one, two) => {
    await one.register(registration('job'))
    await two.register(registration('job'))
    await one.pause('job', true)
    assert.deepEqual((await two.offer(offering('job', [1]))).leases, [])
    assert.equal((await two.register(registration('job'))).paused, true)
    await two.pause('job', false)
    assert.deepEqual((await one.offer(offering('job', [1]))).leases, [])
    assert.deepEqual(minutesOf((await one.offer(offering('job', [2]))).leases), [2])
  })

  if (expire === undefined) return

  checkTwo('a lease that is not renewed is taken over, and its first owner has lost it', async (one, two) => {
    await one.register(registration('job'))
    await two.register(registration('job'))
    const [lease] = (await one.offer(offering('job', [1]))).leases
    assert.deepEqual(await two.take(null), [])
    await expire()
    const [over] = await taken(two, null, 1)
    assert.deepEqual([over!.key, over!.attempt, over!.lapses ?? 1], [lease!.key, 2, 1])
    assert.deepEqual([await one.renew(lease!), await one.finish(lease!, success)], [false, false])
    assert.deepEqual([await two.renew(over!), await two.finish(over!, success)], [true, true])
    assert.equal((await one.register(registration('job'))).runs, 1)
  })

  checkTwo('a lease whose owner is heard of again did not lapse', async (one, two) => {
    await one.register(registration('job'))
    await two.register(registration('job'))
    let [lease] = (await one.offer(offering('job', [1]))).leases
    for (const [i, [before, after]] of [
      [one, two],
      [two, one],
      [one, two],
    ].entries()) {
      assert.deepEqual(await after!.take(null), [])
      await expire()
      const [over] = await taken(after!, null, 1)
      assert.deepEqual([over!.attempt, over!.lapses ?? 1], [i + 2, 1])
      // Told twice, because an answer was lost.
      await before!.release(lease!, true)
      await before!.release(lease!, true)
      lease = over
    }
    assert.equal(await two.finish(lease!, success), true)
  })

  checkTwo('a lease that is renewed is kept', async (one, two) => {
    await one.register(registration('job'))
    await two.register(registration('job'))
    const [lease] = (await one.offer(offering('job', [1]))).leases
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await two.take(null), [])
      assert.equal(await one.renew(lease!), true)
      if (i < 2) await expire()
      if (i < 2) assert.equal(await one.renew(lease!), true)
    }
    assert.deepEqual(await two.take(null), [])
    assert.equal(await one.finish(lease!, success), true)
  })
}
