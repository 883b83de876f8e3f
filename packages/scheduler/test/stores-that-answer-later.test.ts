import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { JobStore } from '../src/index.ts'
import { JobBusyError, MemoryStore } from '../src/index.ts'
import { clockText, inVirtualTime, schedulerIn } from './support.ts'

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
    scheduler.recurring('slow', async () => {
      await sleep(900)
      push(`slow until ${world.loop.time()}`)
    }, { every: 600, overlap: 'queue', limit: 2 })
    await scheduler.ready()
    await sleep(2600)
    expect(events).toEqual(['tick 00:00:01', 'slow until 1500', 'tick 00:00:02', 'slow until 2400'])
  }))

test('what is asked before the store has answered is not lost', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: laterStore() })
    for (const name of ['paused', 'cancelled', 'started']) scheduler.recurring(name, () => push(name), { every: 1000, limit: 1 })
    scheduler.pause('paused')
    scheduler.cancel('cancelled')
    const started = scheduler.runNow('started')
    expect(scheduler.status('started').state).toBe('registering')
    expect(await started).toMatchObject({ outcome: 'success' })
    await sleep(2500)
    expect(events).toEqual(['started', 'started'])
    expect(scheduler.status().map(({ name, state }) => `${name} ${state}`)).toEqual(['paused paused', 'started finished'])
    scheduler.resume('paused')
    await sleep(1000)
    expect(events).toEqual(['started', 'started', 'paused'])
  }))

test('what the store could not take is offered again', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    scheduler.once('job', (run) => push(`${clockText(run.scheduledFor)} at ${world.loop.time()}`), { delay: 1000 })
    await scheduler.ready()
    store.broken = 'offer'
    await sleep(2500)
    store.broken = ''
    await sleep(1000)
    expect(events).toEqual(['00:00:01 at 3000'])
    const report = 'what is due of job "job" could not be stored; it is offered again: JobStoreError: job store "memory": no offer today'
    expect(world.reported.splice(0)).toEqual([report, report])
  }))

test('a job that cannot be registered is reported and dropped', () =>
  inVirtualTime(async (world) => {
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    store.broken = 'register'
    scheduler.recurring('job', () => {}, { every: 1000 })
    await scheduler.ready()
    store.broken = ''
    scheduler.once('past', () => {}, { at: new Date(0) })
    await scheduler.ready()
    expect(scheduler.status()).toEqual([])
    expect(world.reported.splice(0)).toEqual([
      'job "job" could not be registered: JobStoreError: job store "memory": no register today',
      'job "past" could not be registered: PastDateError: job "past" would run at 1970-01-01T00:00:00.000Z, which has passed; runNow() runs a job at once',
    ])
  }))

test('a run whose end could not be stored is reported, and the job goes on', () =>
  inVirtualTime(async (world) => {
    const store = laterStore()
    await using scheduler = schedulerIn(world, { store })
    scheduler.recurring('job', () => 'done', { every: 1000, overlap: 'parallel' })
    await scheduler.ready()
    store.broken = 'finish'
    await sleep(1500)
    store.broken = ''
    await sleep(1000)
    expect(scheduler.status('job')).toMatchObject({ runs: 2, active: 0, lastResult: 'done' })
    expect(world.reported.splice(0)).toEqual(['how job "job" ended could not be stored: JobStoreError: job store "memory": no finish today'])
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
