/**
 * The contract of job stores as tests; every store runs it, and so should yours.
 *
 * ```ts
 * import { test } from 'vitest'
 * jobStoreSuite({ test, make: async () => new MyStore(url) })
 * ```
 */
import assert from 'node:assert/strict'
import type { JobRegistration, JobStore, Lease, Offer, OfferResult, RunRecord } from '../store.ts'

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
  name, anchor: T0, watermark: T0, exclusive, recurring: true, schedule: 'every minute', now: T0, restart: false, accepted: null,
})

/** An offer of the occurrences `minutes` after T0. */
const offering = (name: string, minutes: readonly number[], options: Partial<Offer> & { ifBusy?: 'skip' | 'wait' } = {}): Offer => {
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
      [first.fresh, first.anchor, first.watermark, first.offered, first.paused, first.runs, first.failures, first.missed],
      [true, T0, T0, 0, false, 0, 0, 0],
    )
    const again = await store.register({ ...registration('job'), anchor: T0 + 5, watermark: T0 + 5 })
    assert.deepEqual([again.fresh, again.anchor, again.watermark], [false, T0, T0])
  })

  check('what is offered is leased to who offers, once', async (store) => {
    await store.register(registration('job'))
    const { leases, offered, moved } = await store.offer(offering('job', [1]))
    assert.deepEqual(leases.map(({ name, key, scheduledFor, attempt, missedCount }) => ({ name, key, scheduledFor, attempt, missedCount })), [
      { name: 'job', key: `job@${T0 + MINUTE}`, scheduledFor: T0 + MINUTE, attempt: 1, missedCount: 0 },
    ])
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
    const leases = [...(await store.offer(offering('job', [1]))).leases, ...(await store.offer(offering('job', [2, 3]))).leases]
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
    assert.deepEqual([over!.key, over!.attempt], [lease!.key, 2])
    assert.deepEqual([await one.renew(lease!), await one.finish(lease!, success)], [false, false])
    assert.deepEqual([await two.renew(over!), await two.finish(over!, success)], [true, true])
    assert.equal((await one.register(registration('job'))).runs, 1)
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
