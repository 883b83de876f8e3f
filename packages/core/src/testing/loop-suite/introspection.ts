import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { LoopSubject } from './subject.ts'
import { recorder } from '../recorder.ts'
import type { Cases } from '../suite.ts'

/** Statistics, observers and debug mode: the same on every loop, native ones included. */
export const introspection: Cases<LoopSubject> = {
  async 'statistics count what is there and what was done'({ loop }) {
    loop.callSoon(() => {})
    const timer = loop.callLater(3_600_000, () => {})
    const task = loop.createTask(() => sleep(0))
    const before = loop.statistics()
    assert.ok(Object.isFrozen(before))
    assert.equal(before.selector, loop.selector.name)
    assert.deepEqual(
      { ready: before.ready, timers: before.timers, tasks: before.tasks, sources: before.sources },
      { ready: 2, timers: 1, tasks: 1, sources: 0 },
    )
    await loop.runUntilComplete(task)
    timer.cancel()
    const after = loop.statistics()
    assert.deepEqual(
      { ready: after.ready, timers: after.timers, tasks: after.tasks },
      { ready: 0, timers: 0, tasks: 0 },
    )
    assert.ok(after.turns > before.turns && after.handles > before.handles)
    assert.notEqual(after.drain, 'unprobed')
  },

  async 'an observer is told of scheduling, turns, handles and tasks'({ loop }) {
    const { events, push } = recorder<string>()
    const callback = (): void => {
      push('runs')
    }
    using _observer = loop.addObserver({
      scheduled: ({ kind }) => {
        push(kind)
      },
      turnStarted: () => {
        push('turn')
      },
      handleStarted: () => {
        push('started')
      },
      handleEnded: () => {
        push('ended')
      },
      turnEnded: ({ handles }) => {
        push(`${handles} run`)
      },
    })
    loop.callSoon(callback)
    loop.callSoon(() => {
      loop.stop()
    })
    await loop.runForever()
    assert.deepEqual(events, ['callSoon', 'callSoon', 'turn', 'started', 'runs', 'ended', 'started', 'ended', '2 run'])
  },

  async 'an observer that is removed is told nothing'({ loop }) {
    const { events, push } = recorder<string>()
    const observer = loop.addObserver({
      taskCreated: () => {
        push('created')
      },
      taskDone: () => {
        push('done')
      },
    })
    await loop.runUntilComplete(() => sleep(0))
    observer[Symbol.dispose]()
    await loop.runUntilComplete(() => sleep(0))
    assert.deepEqual(events, ['created', 'done'])
  },

  async 'debug mode tells where a handle was scheduled'({ loop }) {
    const { events, push } = recorder<boolean>()
    loop.debug = true
    loop.setExceptionHandler((_loop, { sourceTraceback }) => {
      push(typeof sourceTraceback === 'string')
    })
    loop.callSoon(() => {
      throw new Error('expected')
    })
    await loop.runUntilComplete(() => sleep(0))
    loop.debug = false
    assert.deepEqual(events, [true])
  },
}
