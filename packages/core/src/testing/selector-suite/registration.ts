import assert from 'node:assert/strict'
import { READABLE, WRITABLE } from '../../contracts/selector.ts'
import type { SelectorSubject } from './subject.ts'
import { untilReady } from './subject.ts'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'

/** A descriptor that every process has; it is only ever refused. */
const STANDARD_INPUT = 0

/** `register`, `modify`, `unregister` and what they refuse. */
export const registration: Cases<SelectorSubject> = {
  'it has a name, and says whether it carries streams'({ selector }) {
    assert.match(selector.name, /^\w+$/)
    assert.equal(selector.supports.streams, selector.streams !== undefined)
  },

  'a token is registered once'({ selector, pipe }) {
    selector.register(pipe().reader, READABLE, 1)
    assertThrows(() => {
      selector.register(pipe().reader, READABLE, 1)
    }, 'InvalidStateError')
    assert.equal(selector.unregister(1), true)
  },

  'a source is registered once'({ selector, pipe }) {
    const { reader } = pipe()
    selector.register(reader, READABLE, 1)
    assertThrows(() => {
      selector.register(reader, READABLE, 2)
    }, 'InvalidStateError')
    assert.equal(selector.unregister(2), false)
    assert.equal(selector.unregister(1), true)
  },

  'modify takes registered tokens only'({ selector }) {
    assertThrows(() => {
      selector.modify(7, WRITABLE)
    }, 'InvalidStateError')
  },

  'unregister says whether there was anything'({ selector, pipe }) {
    assert.equal(selector.unregister(7), false)
    selector.register(pipe().reader, READABLE, 7)
    assert.equal(selector.unregister(7), true)
    assert.equal(selector.unregister(7), false)
  },

  async 'source and token are free again after unregister'({ selector, pipe }) {
    const { reader, write } = pipe()
    selector.register(reader, READABLE, 1)
    selector.unregister(1)
    selector.register(reader, READABLE, 1)
    write()
    assert.equal(await untilReady(selector, 1), READABLE)
    selector.unregister(1)
    selector.register(reader, READABLE, 2)
    assert.equal(await untilReady(selector, 2), READABLE)
    selector.unregister(2)
  },

  'a kind of source that is not supported is refused'({ selector }) {
    if (!selector.supports.fd) {
      assertThrows(() => {
        selector.register(STANDARD_INPUT, READABLE, 1)
      }, 'NotSupportedError')
    }
    if (!selector.supports.pollable) {
      assertThrows(() => {
        selector.register({ poll: () => 0 }, READABLE, 1)
      }, 'NotSupportedError')
    }
    assert.equal(selector.unregister(1), false)
  },

  'what is registered can be listed'({ selector, pipe }) {
    if (selector.registered === undefined) return
    const { reader, writer } = pipe()
    selector.register(reader, READABLE, 1)
    selector.register(writer, WRITABLE, 2)
    selector.modify(1, 0)
    const listed = selector.registered().map(({ source, interest, token }) => ({ source, interest, token }))
    assert.deepEqual(
      listed.sort((a, b) => a.token - b.token),
      [
        { source: reader, interest: 0, token: 1 },
        { source: writer, interest: WRITABLE, token: 2 },
      ],
    )
    selector.unregister(1)
    selector.unregister(2)
    assert.deepEqual(selector.registered(), [])
  },
}
