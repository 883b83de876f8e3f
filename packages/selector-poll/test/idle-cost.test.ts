import type { Host } from '@loop/core/lowlevel'
import { nodeHost, READABLE, WRITABLE } from '@loop/core/lowlevel'
import { expect, test } from 'vitest'
import { memoryDuplex, PollSelector } from '../src/index.ts'

/** A host that only notes which timers are armed, and fires them by hand. */
function handHost() {
  const armed = new Map<object, { callback: () => void; ms: number }>()
  const asked: number[] = []
  const host: Host = {
    ...nodeHost,
    timer(callback, ms) {
      const timer = {}
      armed.set(timer, { callback, ms })
      asked.push(ms)
      return timer
    },
    clearTimer(timer) {
      armed.delete(timer as object)
    },
  }
  const fire = (ms: number): void => {
    const [timer, { callback }] = [...armed].find(([, entry]) => entry.ms === ms)!
    armed.delete(timer)
    callback()
  }
  return { host, armed, asked, fire }
}

test('sources that notify are not asked while nothing happens', async () => {
  const selector = new PollSelector()
  let asked = 0
  let notify = (): void => {}
  for (let token = 0; token < 1000; token++) {
    selector.register(
      {
        poll() {
          asked++
          return 0
        },
        onReady(callback) {
          notify = callback
          return () => {}
        },
      },
      READABLE,
      token,
    )
  }
  const wait = (): Promise<unknown> =>
    new Promise((resolve) => {
      selector.wait(1, resolve)
    })
  await wait()
  asked = 0
  for (let round = 0; round < 5; round++) await wait()
  expect(asked).toBe(0)
  notify()
  await wait()
  expect(asked).toBeGreaterThan(0)
  selector.close()
})

test('with notifying sources alone there is no timer but the one of the wait', () => {
  const { host, asked } = handHost()
  const selector = new PollSelector({ host })
  const [left] = memoryDuplex()
  selector.register(left, READABLE, 1)
  selector.wait(60_000, () => {})
  expect(asked).toEqual([60_000])
  selector.close()
})

test('sources that cannot notify are asked in growing steps, which start over when one was ready', async () => {
  const { host, asked, fire } = handHost()
  const selector = new PollSelector({ host })
  let ready = 0
  let deliveries = 0
  selector.register({ poll: () => ready }, READABLE, 1)
  const wait = (): Promise<unknown> =>
    new Promise<void>((resolve) => {
      selector.wait(60_000, () => {
        deliveries++
        resolve()
      })
    })
  const first = wait()
  for (const ms of [1, 2, 4, 8, 16, 32, 32]) fire(ms)
  expect(deliveries).toBe(0)
  ready = READABLE
  fire(32)
  await first
  expect(deliveries).toBe(1)
  ready = 0
  void wait()
  expect(asked).toEqual([60_000, 1, 2, 4, 8, 16, 32, 32, 32, 60_000, 1])
  selector.close()
})

test('the steps can be given, and nonsense is refused', () => {
  const { host, asked, fire } = handHost()
  const selector = new PollSelector({ host, backoff: [5, 50] })
  selector.register({ poll: () => 0 }, READABLE, 1)
  selector.wait(null, () => {})
  fire(5)
  fire(50)
  expect(asked.slice(1)).toEqual([5, 50, 50])
  selector.close()
  expect(() => new PollSelector({ backoff: [] })).toThrow(RangeError)
  expect(() => new PollSelector({ backoff: [0] })).toThrow(RangeError)
  expect(() => new PollSelector({ backoff: [Number.NaN] })).toThrow(RangeError)
})

test('a source that throws counts as ready, and the others are told too', async () => {
  const selector = new PollSelector()
  selector.register(
    {
      poll: () => {
        throw new Error('broken')
      },
    },
    READABLE | WRITABLE,
    1,
  )
  const [left, right] = memoryDuplex()
  right.write(new Uint8Array(1))
  selector.register(left, READABLE, 2)
  const events = await new Promise((resolve) => {
    selector.wait(null, resolve)
  })
  expect(events).toEqual([
    { token: 1, ready: READABLE | WRITABLE },
    { token: 2, ready: READABLE },
  ])
  selector.close()
})

test('a source that throws when it is let go keeps no other, and is forgotten itself', () => {
  const stopped: string[] = []
  const source = (name: string) => ({
    poll: () => 0,
    onReady: () => () => {
      stopped.push(name)
      if (name !== 'good') throw new Error(name)
    },
  })
  const selector = new PollSelector()
  for (const [token, name] of ['first', 'bad', 'good', 'worse'].entries())
    selector.register(source(name), READABLE, token)
  expect(() => selector.unregister(0)).toThrow('first')
  expect(selector.unregister(0)).toBe(false)
  expect(() => {
    selector.close()
  }).toThrow('bad')
  expect([stopped, selector.registered()]).toEqual([['first', 'bad', 'good', 'worse'], []])
  selector.close()
})

test('descriptors, strange interests and strange sources are refused by name', () => {
  const selector = new PollSelector()
  expect(() => selector.register(3, READABLE, 1)).toThrow(/descriptor 3 cannot be polled from TypeScript/)
  expect(() => selector.register({ poll: () => 0 }, 4, 1)).toThrow(RangeError)
  expect(() => selector.register({} as never, READABLE, 1)).toThrow(TypeError)
  selector.close()
  expect(() => selector.register({ poll: () => 0 }, READABLE, 1)).toThrow(/closed/)
})
