import { afterEach, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import type { Host } from '../src/lowlevel.ts'
import { sleep } from '../src/index.ts'
import { HostSelector, nodeHost } from '../src/lowlevel.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

/** The longest delay of a host timer: more overflows to 1 ms. */
const LONGEST = 2 ** 31 - 1
const DAY = 86_400_000

test('delays beyond 2^31 ms run at their time, in order', async () => {
  const loop = newLoop()
  const { events, push } = recorder<unknown>()
  await loop.runUntilComplete(async () => {
    for (const days of [365, 25, 30_000, 24]) loop.callLater(days * DAY, () => push([days, loop.time() / DAY]))
    await sleep(40_000 * DAY)
    push(loop.time() / DAY)
  })
  expect(events).toEqual([[24, 24], [25, 25], [365, 365], [30_000, 30_000], 40_000])
})

test('an infinite delay waits for ever, beside others that do not', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const never = loop.callLater(Infinity, push, 'never')
  expect(never.when()).toBe(Infinity)
  await loop.runUntilComplete(async () => {
    loop.callLater(-Infinity, push, 'now')
    const sleeper = loop.createTask(() => sleep(Infinity))
    await sleep(1000 * DAY)
    sleeper.cancel()
    await sleep(0)
    push(String(sleeper.cancelled()))
  })
  never.cancel()
  expect(events).toEqual(['now', 'true'])
})

/** A host that notes what timers it is asked for, and fires them when told. */
function notingHost(): { host: Host; delays: number[]; fire: () => void } {
  const delays: number[] = []
  let waiting: (() => void) | null = null
  const host: Host = {
    ...nodeHost,
    timer(callback, ms) {
      delays.push(ms)
      waiting = callback
      return callback
    },
    clearTimer() {
      waiting = null
    },
  }
  return { host, delays, fire: () => waiting?.() }
}

test('the host selector asks the host for no more than its timers take, and rounds up', () => {
  const { host, delays, fire } = notingHost()
  const selector = new HostSelector(host)
  let deliveries = 0
  for (const wait of [LONGEST - 0.5, LONGEST, LONGEST + 1, 1e15, null, 0.25, 7]) {
    selector.wait(wait, () => {
      deliveries++
    })
    fire()
  }
  expect(delays).toEqual([LONGEST, LONGEST, LONGEST, LONGEST, LONGEST, 1, 7])
  expect(deliveries).toBe(7)
})
