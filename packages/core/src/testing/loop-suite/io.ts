import assert from 'node:assert/strict'
import { nodeHost } from '../../host/host.ts'
import { sleep } from '../../task/sleep.ts'
import type { LoopSubject } from './subject.ts'
import { recorder } from '../recorder.ts'
import type { Cases } from '../suite.ts'

/** Readers and writers: asyncio's rule of one each a source. */
export const io: Cases<LoopSubject> = {
  async 'a reader is called, with its arguments, while there is something to read'({ loop, pipe }) {
    const { events, push } = recorder<string>()
    const { reader, write, read } = pipe()
    loop.addReader(
      reader,
      (name: string) => {
        push(name)
        if (events.length < 3) return
        read()
        loop.removeReader(reader)
        loop.stop()
      },
      'readable',
    )
    loop.callSoon(write)
    await loop.runForever()
    assert.deepEqual(events, ['readable', 'readable', 'readable'])
  },

  async 'a writer is called while there is room'({ loop, pipe }) {
    const { events, push } = recorder<string>()
    const { writer, fill } = pipe()
    loop.addWriter(writer, () => {
      push('writable')
      fill()
      loop.callLater(3, () => {
        loop.stop()
      })
    })
    await loop.runForever()
    loop.removeWriter(writer)
    assert.deepEqual(events, ['writable'])
  },

  async 'a second reader takes the place of the first'({ loop, pipe }) {
    const { events, push } = recorder<string>()
    const { reader, write } = pipe()
    loop.addReader(reader, push, 'first')
    loop.addReader(reader, () => {
      push('second')
      loop.stop()
    })
    write()
    await loop.runForever()
    assert.equal(loop.removeReader(reader), true)
    assert.deepEqual(events, ['second'])
  },

  async 'a reader removed by an earlier handle of the turn is not called'({ loop, pipe }) {
    const { events, push } = recorder<string>()
    const first = pipe()
    const second = pipe()
    const removeBoth = (name: string): void => {
      push(name)
      loop.removeReader(first.reader)
      loop.removeReader(second.reader)
      // One more turn, in which a handle that was left over would run.
      loop.callSoon(() => {
        loop.stop()
      })
    }
    loop.addReader(first.reader, removeBoth, 'one of them')
    loop.addReader(second.reader, removeBoth, 'one of them')
    loop.callSoon(() => {
      first.write()
      second.write()
    })
    await loop.runForever()
    assert.deepEqual(events, ['one of them'])
  },

  'removing what is not watched answers false'({ loop, pipe }) {
    const { reader } = pipe()
    assert.deepEqual([loop.removeReader(reader), loop.removeWriter(reader)], [false, false])
    loop.addReader(reader, () => {})
    assert.equal(loop.statistics().sources, 1)
    assert.deepEqual([loop.removeWriter(reader), loop.removeReader(reader)], [false, true])
    assert.equal(loop.statistics().sources, 0)
  },

  async 'a chain of callSoon without end does not starve readers'({ loop, pipe }) {
    const { reader, write } = pipe()
    let chain = loop.callSoon(again)
    function again(): void {
      chain = loop.callSoon(again)
    }
    loop.addReader(reader, () => {
      loop.removeReader(reader)
      chain.cancel()
      loop.stop()
    })
    // By the host's timer: the clock of a loop in virtual time stands still while something is ready.
    nodeHost.timer(write, 1)
    await loop.runForever()
    await loop.runUntilComplete(() => sleep(0))
    assert.equal(loop.statistics().sources, 0)
  },
}
