import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { LoopSubject } from './subject.ts'
import { recorder } from '../recorder.ts'
import type { Cases } from '../suite.ts'

/** Errors that nobody took. */
export const errors: Cases<LoopSubject> = {
  async 'an error in a callback reaches the handler, and the loop goes on'({ loop }) {
    const { events, push } = recorder<unknown>()
    loop.setExceptionHandler((of, { message, exception, handle }) => {
      push(of === loop, message, exception, handle === failing)
    })
    const failure = new Error('no')
    const failing = loop.callSoon(function fail() {
      throw failure
    })
    loop.callSoon(push, 'next')
    await loop.runUntilComplete(() => sleep(0))
    assert.deepEqual(events, [true, 'Exception in callback fail', failure, true, 'next'])
  },

  async 'an error in a timer reaches the handler too'({ loop }) {
    const { events, push } = recorder<unknown>()
    loop.setExceptionHandler((_loop, { exception }) => {
      push(exception)
    })
    loop.callLater(1, () => {
      throw 'a string'
    })
    await loop.runUntilComplete(() => sleep(3))
    assert.deepEqual(events, ['a string'])
  },

  async 'a failed task that nobody awaited is reported once, at close at the latest'({ loop }) {
    const { events, push } = recorder<unknown>()
    loop.setExceptionHandler((_loop, { exception }) => {
      push((exception as Error).message)
    })
    loop.createTask(async () => {
      throw new Error('unseen')
    })
    const seen = loop.createTask(async () => {
      throw new Error('seen')
    })
    await loop.runUntilComplete(() => sleep(0))
    assert.equal((seen.exception() as Error).message, 'seen')
    loop.close()
    assert.deepEqual(events, ['unseen'])
  },

  async 'a handler can be replaced and taken away'({ loop }) {
    const { events, push } = recorder<string>()
    const first = (): void => {
      push('first')
    }
    loop.setExceptionHandler(first)
    assert.equal(loop.getExceptionHandler(), first)
    loop.callExceptionHandler({ message: 'to the first' })
    loop.setExceptionHandler(() => {
      push('second')
    })
    loop.callExceptionHandler({ message: 'to the second' })
    loop.setExceptionHandler(null)
    assert.equal(loop.getExceptionHandler(), null)
    assert.deepEqual(events, ['first', 'second'])
  },
}
