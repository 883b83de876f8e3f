import assert from 'node:assert/strict'
import process from 'node:process'
import { nodeHost } from '../../host/host.ts'
import type { SelectorSubject } from './subject.ts'
import { settle, waited } from './subject.ts'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'

/** More microtask hops than any await inside a backend takes. */
const HOPS = 100

async function manyMicrotasks(): Promise<void> {
  for (let hop = 0; hop < HOPS; hop++) await null
}

/** `wait`, `wake` and `close`, without any source. */
export const waiting: Cases<SelectorSubject> = {
  'a wait of 0 delivers an empty list'({ selector }) {
    return waited(selector, 0).then((events) => {
      assert.deepEqual(events, [])
    })
  },

  async 'a wait with a limit ends'({ selector }) {
    assert.deepEqual(await waited(selector, 5), [])
    assert.deepEqual(await waited(selector, 0.25), [])
  },

  async 'deliver is called from a macrotask, not from inside wait or a microtask'({ selector }) {
    let delivered = false
    const delivery = new Promise<void>((resolve) => {
      selector.wait(0, () => {
        delivered = true
        resolve()
      })
    })
    assert.equal(delivered, false)
    await manyMicrotasks()
    assert.equal(delivered, false)
    await delivery
  },

  async 'a wake delivers from a macrotask too'({ selector }) {
    let delivered = false
    const delivery = new Promise<void>((resolve) => {
      selector.wait(null, () => {
        delivered = true
        resolve()
      })
    })
    selector.wake()
    assert.equal(delivered, false)
    await manyMicrotasks()
    assert.equal(delivered, false)
    await delivery
  },

  async 'a wake ends a wait without limit'({ selector }) {
    const events = waited(selector, null)
    nodeHost.immediate(() => {
      selector.wake()
    })
    assert.deepEqual(await events, [])
  },

  async 'a wake with no wait armed ends the next one'({ selector }) {
    selector.wake()
    assert.deepEqual(await waited(selector, null), [])
  },

  async 'wakes merge: one wait delivers once'({ selector }) {
    let deliveries = 0
    selector.wake()
    selector.wait(null, () => {
      deliveries++
    })
    selector.wake()
    selector.wake()
    await settle()
    assert.equal(deliveries, 1)
  },

  async 'each wait delivers exactly once'({ selector }) {
    const limits = [0, 0, 1, 0, 2, 0]
    const deliveries: number[] = []
    for (const [index, limit] of limits.entries()) {
      await new Promise<void>((resolve) => {
        selector.wait(limit, () => {
          deliveries.push(index)
          resolve()
        })
      })
    }
    await settle()
    assert.deepEqual(deliveries, [0, 1, 2, 3, 4, 5])
  },

  async 'the next wait may be armed inside deliver'({ selector }) {
    let rounds = 0
    await new Promise<void>((resolve) => {
      const again = (): void => {
        if (++rounds === 10) resolve()
        else selector.wait(0, again)
      }
      selector.wait(0, again)
    })
    assert.equal(rounds, 10)
  },

  async 'a second wait before the first delivered is refused, and harms nothing'({ selector }) {
    const first = waited(selector, null)
    assertThrows(() => {
      selector.wait(0, () => {})
    }, 'InvalidStateError')
    selector.wake()
    assert.deepEqual(await first, [])
  },

  async 'close cancels the wait: deliver is not called any more'({ selector }) {
    let delivered = false
    selector.wait(1, () => {
      delivered = true
    })
    selector.close()
    await settle()
    assert.equal(delivered, false)
  },

  async 'close after a wake cancels the wait too'({ selector }) {
    let delivered = false
    selector.wait(null, () => {
      delivered = true
    })
    selector.wake()
    selector.close()
    await settle()
    assert.equal(delivered, false)
  },

  async 'a wait beyond 2^31 ms is no overflow'({ selector }) {
    const warnings: string[] = []
    const listen = (warning: Error): void => {
      warnings.push(warning.name)
    }
    process.on('warning', listen)
    try {
      const events = waited(selector, 2 ** 31 + 1000)
      selector.wake()
      assert.deepEqual(await events, [])
      await settle()
      assert.deepEqual(warnings, [])
    } finally {
      process.off('warning', listen)
    }
  },

  async 'waits of 0 in a row do not starve the timers of the host'({ selector }) {
    let fired = false
    nodeHost.timer(() => {
      fired = true
    }, 1)
    // Ends only because the timer comes through.
    for (;;) {
      await waited(selector, 0)
      if (fired) return
    }
  },
}
