import assert from 'node:assert/strict'
import { READABLE } from '../../contracts/selector.ts'
import { memoryPipe } from '../memory-pipe.ts'
import type { SelectorSubject } from './subject.ts'
import { untilReady, waited } from './subject.ts'
import type { Cases } from '../suite.ts'

/** Asking without waiting, and sources that must be asked. */
export const poll: Cases<SelectorSubject> = {
  'poll answers at once with what is ready'({ selector, pipe }) {
    assert.ok(selector.poll !== undefined, 'this selector has no poll(); skip the case')
    const quiet = pipe()
    const busy = pipe()
    selector.register(quiet.reader, READABLE, 1)
    selector.register(busy.reader, READABLE, 2)
    assert.deepEqual(selector.poll(), [])
    busy.write()
    assert.deepEqual(
      selector.poll().map(({ token, ready }) => ({ token, ready })),
      [{ token: 2, ready: READABLE }],
    )
    busy.read()
    assert.deepEqual(selector.poll(), [])
    selector.unregister(1)
    selector.unregister(2)
  },

  async 'poll between two waits takes nothing from the next'({ selector, pipe }) {
    assert.ok(selector.poll !== undefined, 'this selector has no poll(); skip the case')
    const { reader, write } = pipe()
    await waited(selector, 0)
    selector.register(reader, READABLE, 1)
    write()
    assert.equal(selector.poll().length, 1)
    assert.equal(await untilReady(selector, 1), READABLE)
    selector.unregister(1)
  },

  async 'a source without onReady is noticed'({ selector }) {
    if (!selector.supports.pollable) return
    const { reader, write } = memoryPipe({ notifies: false })
    selector.register(reader, READABLE, 1)
    const ready = untilReady(selector, 1)
    write()
    assert.equal(await ready, READABLE)
    selector.unregister(1)
  },
}
