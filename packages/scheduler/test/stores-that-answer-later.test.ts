import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { JobStore } from '../src/index.ts'
import { JobBusyError, MemoryStore } from '../src/index.ts'
import { clockText, inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

/** A memory store whose every answer is a promise; `broken` names a method that fails. */
function laterStore(): JobStore & { broken: string } {
  const inner = new MemoryStore()
  const state = { broken: '' }
  return new Proxy(inner, {
    get(_, key: string) {
      if (key === 'broken') return state.broken
      const member: unknown = inner[key as keyof MemoryStore]
      if (typeof member !== 'function' || key === 'encode') return member
      return async (...args: unknown[]): Promise<unknown> => {
        await Promise.resolve()
        if (key === state.broken) throw new Error(`no ${key} today`)
        return (member as (...args: unknown[]) => unknown).apply(inner, args)
      }
    },
    set(_, key, value: string) {
      if (key === 'broken') state.broken = value
      return true
    },
  }) as unknown as JobStore & { broken: string }
}

test('jobs run as with any other store', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: laterStore() })
    scheduler.recurring('tick', (run) => push(`tick ${clockText(run.scheduledFor)}`), { every: 1000 })
    scheduler.recurring(
      'slow',
      async () => {
        await sleep(900)
        push(`slow until ${world.loop.time()}`)
      },
      { every: 600, overlap: 'queue', limit: 2 },
    )
    await scheduler.ready()
    await sleep(2600)
    expect(events).toEqual(['tick 00:00:01', 'slow until 1500', 'tick 00:00:02', 'slow until 2400'])
  }))

test('what is asked before the store has answered is not lost', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: laterStore() })
    for (const name of ['paused', 'cancelled', 'started'])
      scheduler.recurring(name, () => push(name), { every: 1000, limit: 1 })
    scheduler.pause('paused')
    scheduler.cancel('cancelled')
    const started = scheduler.runNow('started')
    expect(scheduler.status('started').state).toBe('registering')
    expect(await started).toMatchObject({ outcome: 'success' })
    await sleep(2500)
    expect(events).toEqual(['started', 'started'])
    expect(scheduler.status().map(({ name, state }) => `${name} ${state}`)).toEqual([
      'paused paused',
      'started finished',
    ])
    scheduler.resume('paused')
    await sleep(1000)
    expect(events).toEqual(['started', 'started', 'paused'])
  }))

test('what the store could not take is offered again, after longer and longer waits', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    scheduler.on('storeError', ({ action, name, tries, retryIn, since }) =>
      push(`${action} ${name} ${tries} ${retryIn} since ${clockText(since)}`),
    )
    scheduler.once('job', (run) => push(`${clockText(run.scheduledFor)} at ${world.loop.time()}`), { delay: 1000 })
    await scheduler.ready()
    store.broken = 'offer'
    await sleep(2000)
    expect(scheduler.status('job').storeTrouble).toMatchObject({
      action: 'offer',
      tries: 4,
      since: new Date(NEW_YEAR + 1000),
    })
    store.broken = ''
    await sleep(1000)
    expect(events).toEqual([
      'offer job 1 100 since 00:00:01',
      'offer job 2 200 since 00:00:01',
      'offer job 3 400 since 00:00:01',
      'offer job 4 800 since 00:00:01',
      '00:00:01 at 2500',
    ])
    expect(scheduler.status('job').storeTrouble).toBe(null)
  }))

test('a job waits to be registered until the store takes it; one that can never run is reported and dropped', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<number>()
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    await scheduler.ready()
    store.broken = 'register'
    scheduler.recurring('job', () => push(world.loop.time()), { every: 1000 })
    await expect(scheduler.ready({ timeout: 250 })).rejects.toThrow(
      'job store "memory" was not ready after 250 ms: job store "memory": no register today',
    )
    expect(scheduler.status('job')).toMatchObject({ state: 'registering', storeTrouble: { action: 'register' } })
    expect(scheduler.health()).toMatchObject({ ok: false, registering: 1, store: { reachable: false } })
    store.broken = ''
    await scheduler.ready()
    expect(scheduler.health()).toMatchObject({ ok: true, registering: 0 })
    await sleep(2000)
    // Intervals count from the call.
    expect(events).toEqual([1000, 2000])
    scheduler.once('past', () => {}, { at: new Date(0) })
    await scheduler.ready()
    expect(scheduler.status().map(({ name }) => name)).toEqual(['job'])
    expect(world.reported.splice(0)).toEqual([
      'the job store failed at "register" of job "job": JobStoreError: job store "memory": no register today',
      'job "past" could not be registered: PastDateError: job "past" would run at 1970-01-01T00:00:00.000Z, which has passed; runNow() runs a job at once',
    ])
  }))

test('the end of a run is stored again until the store takes it, and the job goes on', () =>
  inVirtualTime(async (world) => {
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    scheduler.recurring('job', () => 'done', { every: 1000 })
    await scheduler.ready()
    store.broken = 'finish'
    await sleep(1500)
    expect(scheduler.status('job')).toMatchObject({
      runs: 0,
      active: 0,
      unstored: 1,
      state: 'scheduled',
      storeTrouble: { action: 'finish' },
    })
    expect(scheduler.health()).toMatchObject({ unstored: 1, leases: 1 })
    store.broken = ''
    await sleep(1000)
    expect(scheduler.status('job')).toMatchObject({ runs: 2, active: 0, unstored: 0, lastResult: 'done' })
    expect(world.reported.splice(0)).toEqual([
      'the job store failed at "finish" of job "job": JobStoreError: job store "memory": no finish today',
    ])
  }))

test('a removal that the store took late removes nothing newer', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    scheduler.on('storeError', () => {})
    scheduler.recurring('job', () => push('old'), { every: 1000 })
    await scheduler.ready()
    store.broken = 'remove'
    scheduler.cancel('job')
    scheduler.recurring('job', () => push('new'), { every: 1000 })
    scheduler.pause('job')
    scheduler.resume('job')
    await sleep(2000)
    store.broken = ''
    await sleep(4000)
    expect(events.slice(0, 2)).toEqual(['new', 'new'])
    await expect(scheduler.remove('job')).resolves.toBe(true)
    await expect(scheduler.remove('job')).resolves.toBe(false)
  }))

test('a busy job refuses a start, also later', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world, { store: laterStore() })
    scheduler.recurring('job', () => sleep(100), { every: 1000 })
    await scheduler.ready()
    const running = scheduler.runNow('job')
    await expect(scheduler.runNow('job')).rejects.toThrow(JobBusyError)
    expect(await running).toMatchObject({ outcome: 'success' })
  }))
