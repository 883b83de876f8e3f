import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { LoopSubject } from './subject.ts'
import { recorder } from '../recorder.ts'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'

/**
 * `callLater`, `callAt`, and the clock. Delays are short, as loops may run in real time; 20 ms apart where the order
 * counts, so that a pause of the machine between two calls does not change it.
 */
export const timers: Cases<LoopSubject> = {
  async 'timers run in the order of their deadlines'({ loop }) {
    const { events, push } = recorder<number>()
    await loop.runUntilComplete(async () => {
      // From one reading of the clock: a pause between two calls must not change the order.
      const start = loop.time()
      loop.callAt(start + 60, push, 60)
      loop.callAt(start + 20, push, 20)
      loop.callAt(start + 40, push, 40)
      await sleep(80)
    })
    assert.deepEqual(events, [20, 40, 60])
  },

  async 'equal deadlines run in the order of scheduling'({ loop }) {
    const { events, push } = recorder<number>()
    await loop.runUntilComplete(async () => {
      const when = loop.time() + 2
      for (let i = 0; i < 50; i++) loop.callAt(when, push, i)
      await sleep(5)
    })
    assert.deepEqual(
      events,
      Array.from({ length: 50 }, (_, i) => i),
    )
  },

  async 'no timer runs before its time'({ loop }) {
    const early: number[] = []
    await loop.runUntilComplete(async () => {
      for (let i = 0; i < 20; i++) {
        const timer = loop.callLater(i / 4, () => {
          // One nanosecond is the clock's resolution.
          if (loop.time() < timer.when() - 1e-6) early.push(timer.when() - loop.time())
        })
      }
      await sleep(8)
    })
    assert.deepEqual(early, [])
  },

  async 'a cancelled timer does not run'({ loop }) {
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      const timer = loop.callLater(2, push, 'cancelled')
      push(String(timer.cancelled()))
      timer.cancel()
      timer.cancel()
      push(String(timer.cancelled()))
      await sleep(5)
    })
    assert.deepEqual(events, ['false', 'true'])
  },

  async 'a timer may be cancelled by a handle of the turn that runs it'({ loop }) {
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      const when = loop.time() + 2
      loop.callAt(when, () => {
        push('first')
        second.cancel()
      })
      const second = loop.callAt(when, push, 'second')
      await sleep(5)
    })
    assert.deepEqual(events, ['first'])
  },

  async 'an earlier timer shortens the wait for a later one'({ loop }) {
    const { events, push } = recorder<string>()
    const distant = loop.callLater(3_600_000, push, 'in an hour')
    const future = loop.createFuture<null>()
    loop.callSoon(() => {
      loop.callLater(2, () => {
        future.setResult(null)
      })
    })
    await loop.runUntilComplete(future)
    distant.cancel()
    assert.deepEqual(events, [])
  },

  async 'a delay beyond 2^31 ms, or for ever, does not run at once'({ loop }) {
    const { events, push } = recorder<string>()
    const distant = loop.callLater(2 ** 31 + 1000, push, 'in 25 days')
    const never = loop.callLater(Infinity, push, 'never')
    await loop.runUntilComplete(() => sleep(3))
    distant.cancel()
    never.cancel()
    assert.deepEqual(events, [])
  },

  'a time that is no number is refused'({ loop }) {
    assertThrows(() => loop.callLater(NaN, () => {}), 'TypeError')
    assertThrows(() => loop.callAt('5' as unknown as number, () => {}), 'TypeError')
    assertThrows(() => loop.callLater(5, null as unknown as () => void), 'TypeError')
  },
}
