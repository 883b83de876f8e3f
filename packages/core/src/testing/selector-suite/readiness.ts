import assert from 'node:assert/strict'
import { READABLE, WRITABLE } from '../../contracts/selector.ts'
import { nodeHost } from '../../host/host.ts'
import type { SelectorSubject } from './subject.ts'
import { readyNow, untilReady, waited } from './subject.ts'
import type { Cases } from '../suite.ts'

/**
 * Sources of the case with many: more than one batch of any backend here, and far below the usual limit of 1,024
 * descriptors.
 */
const MANY = 100

/** Events of sources. */
export const readiness: Cases<SelectorSubject> = {
  async 'what can be read is delivered with its token'({ selector, pipe }) {
    const { reader, write } = pipe()
    selector.register(reader, READABLE, 5)
    write()
    assert.equal(await untilReady(selector, 5), READABLE)
    selector.unregister(5)
  },

  async 'a wait of 0 delivers what is ready'({ selector, pipe }) {
    const { reader, write } = pipe()
    write()
    selector.register(reader, READABLE, 5)
    for (;;) {
      const events = await waited(selector, 0)
      if (events.length === 0) continue
      assert.deepEqual(
        events.map(({ token, ready }) => ({ token, ready })),
        [{ token: 5, ready: READABLE }],
      )
      break
    }
    selector.unregister(5)
  },

  async 'what is not ready is not delivered'({ selector, pipe }) {
    const { reader, writer, fill, read } = pipe()
    selector.register(reader, READABLE, 1)
    assert.deepEqual(await readyNow(selector), [])
    fill()
    selector.unregister(1)
    selector.register(writer, WRITABLE, 2)
    assert.deepEqual(await readyNow(selector), [])
    read()
    selector.unregister(2)
  },

  async 'a source that becomes ready ends the wait'({ selector, pipe }) {
    const { reader, write } = pipe()
    selector.register(reader, READABLE, 1)
    const ready = untilReady(selector, 1)
    nodeHost.immediate(write)
    assert.equal(await ready, READABLE)
    selector.unregister(1)
  },

  async 'readiness is a level: delivered until it is over'({ selector, pipe }) {
    const { reader, write, read } = pipe()
    selector.register(reader, READABLE, 1)
    write()
    for (let round = 0; round < 3; round++) assert.equal(await untilReady(selector, 1), READABLE)
    read()
    assert.deepEqual(await readyNow(selector), [])
    write()
    assert.equal(await untilReady(selector, 1), READABLE)
    selector.unregister(1)
  },

  async 'what can be written is delivered, until it is full'({ selector, pipe }) {
    const { writer, fill, read } = pipe()
    selector.register(writer, WRITABLE, 1)
    assert.equal(await untilReady(selector, 1), WRITABLE)
    fill()
    assert.deepEqual(await readyNow(selector), [])
    read()
    assert.equal(await untilReady(selector, 1), WRITABLE)
    selector.unregister(1)
  },

  async 'the end of the stream can be read'({ selector, pipe }) {
    const { reader, end } = pipe()
    selector.register(reader, READABLE, 1)
    end()
    assert.equal((await untilReady(selector, 1)) & READABLE, READABLE)
    selector.unregister(1)
  },

  async 'modify changes what is delivered'({ selector, pipe }) {
    const { reader, write } = pipe()
    selector.register(reader, READABLE, 1)
    write()
    selector.modify(1, 0)
    assert.deepEqual(await readyNow(selector), [])
    selector.modify(1, READABLE)
    assert.equal(await untilReady(selector, 1), READABLE)
    selector.unregister(1)
  },

  async 'register and modify reach a wait that is armed'({ selector, pipe }) {
    const { reader, write } = pipe()
    write()
    const registered = untilReady(selector, 1)
    nodeHost.immediate(() => {
      selector.register(reader, READABLE, 1)
    })
    assert.equal(await registered, READABLE)
    selector.modify(1, 0)
    const modified = untilReady(selector, 1)
    nodeHost.immediate(() => {
      selector.modify(1, READABLE)
    })
    assert.equal(await modified, READABLE)
    selector.unregister(1)
  },

  async 'nothing is delivered after unregister'({ selector, pipe }) {
    const gone = pipe()
    const kept = pipe()
    selector.register(gone.reader, READABLE, 1)
    selector.register(kept.reader, READABLE, 2)
    const events = waited(selector, null)
    gone.write()
    selector.unregister(1)
    selector.wake()
    assert.deepEqual(await events, [])
    kept.write()
    assert.equal(await untilReady(selector, 2), READABLE)
    const more = await readyNow(selector)
    assert.deepEqual(
      more.map(({ token }) => token),
      [2],
    )
    selector.unregister(2)
  },

  async 'many sources: each that is ready, and no other'({ selector, pipe }) {
    const ready = new Set<number>()
    for (let token = 1; token <= MANY; token++) {
      const { reader, write } = pipe()
      selector.register(reader, READABLE, token)
      if (token % 3 !== 0) continue
      write()
      ready.add(token)
    }
    const seen = new Set<number>()
    while (seen.size < ready.size) for (const { token } of await waited(selector, null)) seen.add(token)
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [...ready],
    )
    for (let token = 1; token <= MANY; token++) selector.unregister(token)
  },

  async 'close with sources registered lets go of them'({ selector, pipe }) {
    const { reader, write } = pipe()
    let delivered = false
    selector.register(reader, READABLE, 1)
    selector.wait(null, () => {
      delivered = true
    })
    selector.close()
    write()
    await new Promise<void>((resolve) => {
      nodeHost.timer(resolve, 1)
    })
    assert.equal(delivered, false)
  },
}
