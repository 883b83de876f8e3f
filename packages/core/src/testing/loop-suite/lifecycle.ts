import assert from 'node:assert/strict'
import { nodeHost } from '../../host/host.ts'
import { sleep } from '../../task/sleep.ts'
import { getRunningLoop, runningLoop } from '../../loop/event-loop.ts'
import type { LoopSubject } from './subject.ts'
import { recorder } from '../recorder.ts'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'

/** Running, stopping, closing, and the host beside it. */
export const lifecycle: Cases<LoopSubject> = {
  async 'runForever runs until stop'({ loop }) {
    const { events, push } = recorder<string>()
    loop.callSoon(() => {
      push(String(loop.isRunning()))
      loop.stop()
      loop.callSoon(push, 'kept for the next run')
    })
    loop.callSoon(push, 'same turn')
    const running = loop.runForever()
    await running
    push(String(loop.isRunning()))
    loop.stop()
    await loop.runForever()
    assert.deepEqual(events, ['true', 'same turn', 'false', 'kept for the next run'])
  },

  async 'runUntilComplete gives results and errors, as often as wanted'({ loop }) {
    assert.equal(await loop.runUntilComplete(() => sleep(1, 'one')), 'one')
    assert.equal(await loop.runUntilComplete(Promise.resolve('two')), 'two')
    await assert.rejects(loop.runUntilComplete(Promise.reject(new Error('three'))), { message: 'three' })
  },

  async 'a loop runs once at a time'({ loop }) {
    loop.callSoon(() => {
      assertThrows(() => loop.runForever(), 'InvalidStateError')
      loop.stop()
    })
    await loop.runForever()
  },

  async 'the running loop is known inside it'({ loop }) {
    const { events, push } = recorder<boolean>()
    loop.callSoon(() => {
      push(getRunningLoop() === loop)
    })
    await loop.runUntilComplete(async () => {
      push(getRunningLoop() === loop)
      await sleep(1)
      push(runningLoop() === loop)
    })
    assert.deepEqual(events, [true, true, true])
    assert.notEqual(runningLoop(), loop)
  },

  async 'a running loop cannot be closed, and a closed one not be used'({ loop }) {
    await loop.runUntilComplete(async () => {
      assertThrows(() => {
        loop.close()
      }, 'InvalidStateError')
    })
    loop.close()
    loop.close()
    assert.equal(loop.isClosed(), true)
    assertThrows(() => loop.callSoon(() => {}), 'LoopClosedError')
    assertThrows(() => loop.callLater(1, () => {}), 'LoopClosedError')
    assertThrows(() => loop.createTask(async () => {}), 'LoopClosedError')
    assertThrows(() => loop.runForever(), 'LoopClosedError')
  },

  async 'close drops what is scheduled'({ loop }) {
    const { events, push } = recorder<string>()
    loop.callSoon(push, 'soon')
    const timer = loop.callLater(1, push, 'later')
    loop.close()
    await new Promise<void>((resolve) => {
      nodeHost.timer(resolve, 5)
    })
    assert.deepEqual([events, timer.cancelled()], [[], true])
  },

  async 'callbacks of the host wake a loop that waits for nothing'({ loop }) {
    const future = loop.createFuture<string>()
    nodeHost.timer(() => {
      loop.callSoonThreadsafe(() => {
        future.setResult('woken')
      })
    }, 2)
    assert.equal(await loop.runUntilComplete(future), 'woken')
  },

  async 'a chain of callSoon without end starves neither timers nor immediates of the host'({ loop }) {
    const { events, push } = recorder<string>()
    let seen = 0
    const arrived = (what: string): void => {
      push(what)
      if (++seen === 2) loop.stop()
    }
    nodeHost.timer(() => {
      arrived('timer')
    }, 1)
    nodeHost.immediate(() => {
      arrived('immediate')
    })
    let chain = loop.callSoon(again)
    function again(): void {
      chain = loop.callSoon(again)
    }
    await loop.runForever()
    chain.cancel()
    loop.stop()
    await loop.runForever()
    assert.deepEqual(events.sort(), ['immediate', 'timer'])
  },
}
