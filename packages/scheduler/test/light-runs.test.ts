import { currentTask, sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { Lease, Offer, OfferResult, RunRecord } from '../src/index.ts'
import { MemoryStore } from '../src/index.ts'
import { clockText, eventLog, inVirtualTime, schedulerIn } from './support.ts'

/** Counts what a store is told of runs. */
class CountingStore extends MemoryStore {
  offers = 0
  ends = 0
  override offer(offer: Offer): OfferResult {
    this.offers++
    return super.offer(offer)
  }
  override finish(lease: Lease, record: RunRecord): boolean {
    this.ends++
    return super.finish(lease, record)
  }
}

test('runs of plain intervals are as all others, with everything they are told, in the order of their registration', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring(
      'first',
      (run) =>
        push([
          run.name,
          run.key,
          clockText(run.scheduledFor),
          clockText(run.startedAt),
          run.attempt,
          run.missedCount,
          run.data,
        ]),
      { every: 1000 },
    )
    scheduler.recurring('cron', ({ name }) => push(name), { cron: '* * * * * *', timeZone: 'UTC' })
    scheduler.recurring('limited', ({ name }) => push(name), { every: 1000, limit: 5 })
    scheduler.recurring('last', () => push(currentTask()!.getName()), { every: 1000 })
    await sleep(1500)
    expect(events).toEqual([
      ['first', 'first@1767225601000', '00:00:01', '00:00:01', 1, 0, undefined],
      'limited',
      'last',
      'cron',
    ])
    expect(scheduler.status('first')).toMatchObject({
      runs: 1,
      failures: 0,
      lastOutcome: 'success',
      lastDuration: 0,
      nextRunAt: 2000,
    })
  }))

test('one that waits becomes a run like all others, and those after it begin all the same', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'overlap')
    scheduler.recurring('before', () => push(`before ${world.loop.time()}`), { every: 100 })
    scheduler.recurring('waits', () => sleep(150).then(() => push(`waited ${world.loop.time()}`)), { every: 100 })
    scheduler.recurring('after', () => push(`after ${world.loop.time()}`), { every: 100 })
    await sleep(320)
    expect(events).toEqual([
      'before 100',
      'after 100',
      'before 200',
      'after 200',
      'waited 250',
      'before 300',
      'after 300',
    ])
    expect(log).toEqual(['overlap name=waits scheduledFor=00:00:00.200 action=skipped'])
    expect(scheduler.status('waits')).toMatchObject({ runs: 1, active: 1, lastDuration: 150 })
  }))

test('failures, taken signals, removals and starts by hand are seen to', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const signals: AbortSignal[] = []
    scheduler.recurring(
      'bad',
      () => {
        throw new Error('no luck')
      },
      { every: 1000 },
    )
    scheduler.recurring('signal', ({ signal }) => void signals.push(signal), { every: 1000 })
    scheduler.recurring('canceller', () => scheduler.cancel('cancelled'), { every: 1000 })
    scheduler.recurring('cancelled', () => push('cancelled'), { every: 1000 })
    scheduler.recurring('last', () => push('last'), { every: 1000 })
    await sleep(2500)
    expect(await scheduler.runNow('last')).toMatchObject({ outcome: 'success' })
    expect(events).toEqual(['last', 'last', 'last'])
    expect(new Set(signals).size).toBe(2)
    expect(signals.some(({ aborted }) => aborted)).toBe(false)
    expect(scheduler.status('bad')).toMatchObject({ runs: 2, failures: 2, lastError: 'Error: no luck' })
    expect(world.reported.splice(0)).toEqual(['job "bad" failed: Error: no luck', 'job "bad" failed: Error: no luck'])
  }))

test('who listens hears of each run, from when on they listen; a store of its own kind is told of each', () =>
  inVirtualTime(async (world) => {
    const store = new CountingStore()
    await using counted = schedulerIn(world, { store })
    counted.recurring('tick', () => {}, { every: 1000 })
    await using scheduler = schedulerIn(world)
    scheduler.recurring('tick', () => 7, { every: 1000 })
    await sleep(1500)
    const log = eventLog(scheduler, 'success')
    await sleep(2000)
    expect(log).toEqual([
      'success name=tick key=tick@1767225602000 scheduledFor=00:00:02 duration=0 result=7',
      'success name=tick key=tick@1767225603000 scheduledFor=00:00:03 duration=0 result=7',
    ])
    expect(scheduler.status('tick').runs).toBe(3)
    expect([store.offers, store.ends]).toEqual([3, 3])
  }))

test('pausing, resuming and a loop that stood still keep the step', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'missed')
    scheduler.recurring('tick', ({ scheduledFor }) => push(`${clockText(scheduledFor)} at ${world.loop.time()}`), {
      every: 1000,
    })
    await sleep(1500)
    scheduler.pause('tick')
    await sleep(2000)
    scheduler.resume('tick')
    await sleep(1000)
    world.clock.advance(2700)
    await sleep(1000)
    expect(events).toEqual(['00:00:01 at 1000', '00:00:04 at 4000', '00:00:07 at 7200', '00:00:08 at 8000'])
    expect(log).toEqual([
      'missed name=tick count=2 first=00:00:02 last=00:00:03 action=skipped',
      'missed name=tick count=2 first=00:00:05 last=00:00:07 action=skipped',
    ])
  }))
