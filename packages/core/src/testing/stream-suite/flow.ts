import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { Cases } from '../suite.ts'
import type { StreamSubject } from './subject.ts'
import { pattern } from './subject.ts'

/** More than kernels take at once. */
const LARGE = 6 << 20
/** Milliseconds in which something that must not happen would. */
const QUIET_MS = 20

export const flow: Cases<StreamSubject> = {
  'write says stop above the high-water mark, and drained follows': async (subject) => {
    const { near, far } = await subject.pair()
    near.connection.setWaterMarks(100_000, 1000)
    far.connection.pause()
    assert.equal(near.connection.write(Buffer.alloc(10)), true)
    const bytes = pattern(LARGE)
    assert.equal(near.connection.write(bytes), false)
    assert.ok(near.connection.pending > 100_000)
    await sleep(QUIET_MS)
    assert.deepEqual(near.events, ['connected'])
    far.connection.resume()
    await near.told('drained')
    assert.ok(near.connection.pending <= 1000)
    await far.until(() => far.received === LARGE + 10)
    assert.ok(far.bytes.subarray(10).equals(bytes))
    await subject.end(near, far)
  },

  'nothing is told while it is paused, and all of it, in order, after that': async (subject) => {
    const { near, far } = await subject.pair()
    near.connection.pause()
    near.connection.pause()
    assert.equal(near.connection.paused, true)
    far.connection.write(Buffer.from('one'))
    far.connection.write(Buffer.from('two'))
    far.connection.end()
    await sleep(QUIET_MS)
    assert.deepEqual(near.events, ['connected'])
    near.connection.resume()
    await near.told('eof')
    assert.equal(String(near.bytes), 'onetwo')
    await subject.end(near, far)
  },

  'a write is a copy': async (subject) => {
    const { near, far } = await subject.pair()
    const bytes = Buffer.from('before')
    near.connection.write(bytes)
    bytes.fill('x')
    await far.until(() => far.received === 6)
    assert.equal(String(far.bytes), 'before')
    await subject.end(near, far)
  },

  'one that pulls receives into memory of its own': async (subject) => {
    const { near, far } = await subject.pair()
    const into = Buffer.alloc(4)
    let text = ''
    near.connection.pull = true
    near.readable = () => {
      for (let count = near.connection.receive(into); count > 0; count = near.connection.receive(into))
        text += into.toString('utf8', 0, count)
    }
    far.connection.write(Buffer.from('a longer text'))
    far.connection.end()
    await near.told('eof')
    assert.equal(text, 'a longer text')
    assert.deepEqual(near.chunks, [])
    await subject.end(near, far)
  },

  'many writes arrive whole and in order': async (subject) => {
    const { near, far } = await subject.pair()
    const bytes = pattern(700_000)
    for (let at = 0; at < bytes.length; at += 7001) near.connection.write(bytes.subarray(at, at + 7001))
    await far.until(() => far.received === bytes.length)
    assert.ok(far.bytes.equals(bytes))
    assert.ok(far.chunks.every(({ length }) => length > 0 && length <= 65_536))
    await subject.end(near, far)
  },
}
