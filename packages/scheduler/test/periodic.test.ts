import type { Coroutine } from '@loop/core'
import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import { periodic } from '../src/index.ts'
import { inVirtualTime } from './support.ts'

test('fixed rate: runs that take time do not shift the ones that follow', () =>
  inVirtualTime(async ({ loop }) => {
    const { events, push } = recorder<number>()
    const ticking = periodic(100, async () => {
      push(loop.time())
      await sleep(30)
    })
    await sleep(450)
    ticking.cancel()
    await sleep(200)
    expect(events).toEqual([100, 200, 300, 400])
  }))

test('fixed rate: intervals that pass during a run are skipped and counted', () =>
  inVirtualTime(async ({ loop }) => {
    const { events, push } = recorder<string>()
    const ticking = periodic(100, function* ({ count, missed, scheduledFor }): Coroutine<void> {
      push(`${count} at ${loop.time()} for ${scheduledFor} missed ${missed}`)
      yield* sleep(count === 2 ? 250 : 10)
    })
    await sleep(650)
    ticking.cancel()
    expect(events).toEqual([
      '1 at 100 for 100 missed 0',
      '2 at 200 for 200 missed 0',
      '3 at 500 for 500 missed 2',
      '4 at 600 for 600 missed 0',
    ])
  }))

test('fixed delay: an interval lies between two runs', () =>
  inVirtualTime(async ({ loop }) => {
    const { events, push } = recorder<number>()
    const ticking = periodic(
      100,
      async () => {
        push(loop.time())
        await sleep(30)
      },
      { mode: 'fixed-delay' },
    )
    await sleep(450)
    ticking.cancel()
    expect(events).toEqual([100, 230, 360])
  }))

test('immediate runs at once too; a signal ends it', () =>
  inVirtualTime(async ({ loop }) => {
    const { events, push } = recorder<number>()
    const ending = new AbortController()
    const ticking = periodic(100, () => push(loop.time()), { immediate: true, signal: ending.signal })
    await sleep(250)
    ending.abort()
    await sleep(200)
    expect(events).toEqual([0, 100, 200])
    expect(ticking.cancelled()).toBe(true)
  }))

test('a failure is reported, and the next interval comes', () =>
  inVirtualTime(async ({ reported }) => {
    const { events, push } = recorder<number>()
    const ticking = periodic(100, ({ count }) => {
      push(count)
      if (count === 1) throw new Error('once')
    })
    await sleep(250)
    ticking.cancel()
    expect(events).toEqual([1, 2])
    expect(reported.splice(0)).toEqual(['a periodic function failed: Error: once'])
  }))

test('it does not drift over a day of late wake-ups', () =>
  inVirtualTime(async ({ loop, clock }) => {
    let last = 0
    let runs = 0
    const ticking = periodic(1000, () => {
      last = loop.time()
      runs++
      clock.advance(0.25)
    })
    await sleep(86_400_000 - 1)
    ticking.cancel()
    expect([runs, last]).toEqual([86_399, 86_399_000])
  }))
