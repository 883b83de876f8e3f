import assert from 'node:assert/strict'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'
import type { StreamSubject } from './subject.ts'
import { pattern } from './subject.ts'

/** More than kernels take at once. */
const LARGE = 6 << 20

export const connections: Cases<StreamSubject> = {
  'after an end of its peer, a side goes on writing': async (subject) => {
    const { near, far } = await subject.pair()
    near.connection.write(Buffer.from('question'))
    near.connection.end()
    near.connection.end()
    await far.told('eof')
    assert.equal(String(far.bytes), 'question')
    far.connection.write(Buffer.from('answer'))
    far.connection.close()
    await near.told('eof')
    near.connection.close()
    await near.over()
    await far.over()
    assert.equal(String(near.bytes), 'answer')
    assert.deepEqual(near.events, ['connected', 'data', 'eof', 'closed'])
    assert.deepEqual(far.events, ['data', 'eof', 'closed'])
  },

  'close sends all that was written before it': async (subject) => {
    const { near, far } = await subject.pair()
    const bytes = pattern(LARGE)
    assert.equal(near.connection.write(bytes), false)
    near.connection.close()
    assert.equal(near.connection.state, 'closing')
    await far.told('eof')
    assert.ok(far.bytes.equals(bytes))
    await subject.end(far)
    await near.over()
    assert.deepEqual(near.events, ['connected', 'closed'])
    assert.deepEqual([near.connection.state, near.connection.fd], ['closed', -1])
  },

  'abort drops what is pending, and its reason is told': async (subject) => {
    const { near, far } = await subject.pair()
    near.connection.write(pattern(LARGE))
    near.connection.abort(new Error('enough'))
    near.connection.abort()
    await near.over()
    assert.deepEqual(near.events, ['connected', 'closed enough'])
    await far.told('eof')
    assert.ok(far.received < LARGE)
    await subject.end(far)
  },

  'nothing is told after close but the end': async (subject) => {
    const near = subject.probe()
    near.onData = () => {
      near.connection.close()
    }
    const { far } = await subject.pair(near)
    far.connection.write(Buffer.from('one'))
    await near.over()
    await far.told('eof')
    far.connection.write(Buffer.from('two'))
    await subject.end(far)
    assert.deepEqual(near.events, ['connected', 'data', 'closed'])
    assert.equal(String(near.bytes), 'one')
  },

  'a refused one is told as ECONNREFUSED': async (subject) => {
    const { listener, port } = subject.listen(() => {})
    listener.close()
    const probe = subject.probe()
    probe.connection = subject.streams.connect({ host: '127.0.0.1', port }, probe)
    assert.equal(probe.connection.state, 'connecting')
    await probe.over()
    assert.deepEqual(probe.events, ['closed ECONNREFUSED'])
  },

  'one that is closed while it connects never was': async (subject) => {
    const { listener, port } = subject.listen((probe) => {
      void probe.told('eof').then(() => {
        probe.connection.close()
      })
    })
    const probe = subject.probe()
    probe.connection = subject.streams.connect({ host: '127.0.0.1', port }, probe)
    probe.connection.close()
    await probe.over()
    assert.deepEqual(probe.events, ['closed'])
    listener.close()
  },

  'what is written before it is connected is sent then': async (subject) => {
    const accepted = subject.loop.createFuture<ReturnType<StreamSubject['probe']>>()
    const { listener, port } = subject.listen((probe) => {
      accepted.setResult(probe)
    })
    const near = subject.probe()
    near.connection = subject.streams.connect({ host: '127.0.0.1', port }, near)
    near.connection.write(Buffer.from('early'))
    near.connection.end()
    const far = await accepted
    await far.told('eof')
    assert.equal(String(far.bytes), 'early')
    listener.close()
    await subject.end(near, far)
  },

  'nothing can be written after end, close and abort': async (subject) => {
    for (const end of ['end', 'close', 'abort'] as const) {
      const { near, far } = await subject.pair()
      near.connection[end]()
      assertThrows(() => near.connection.write(Buffer.from('x')), 'InvalidStateError')
      await far.told('eof')
      await subject.end(near, far)
    }
  },

  'a handler can be replaced': async (subject) => {
    const { near, far } = await subject.pair()
    const other = subject.probe()
    other.connection = near.connection
    near.connection.handler = other
    far.connection.write(Buffer.from('hello'))
    await other.told('data')
    await subject.end(far)
    await other.told('eof')
    await subject.end(other)
    assert.deepEqual(near.events, ['connected'])
  },

  'both ends know where they are': async (subject) => {
    const { near, far } = await subject.pair()
    assert.deepEqual(near.connection.localAddress, far.connection.remoteAddress)
    assert.deepEqual(near.connection.remoteAddress, far.connection.localAddress)
    assert.ok(subject.streams.open().some(({ kind, fd }) => kind === 'connection' && fd === near.connection.fd))
    await subject.end(near, far)
  },
}
