import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import { inBothForms } from './subject.ts'
import { recorder } from '../recorder.ts'

/** The order of handles, tasks and microtasks. */
export const order = inBothForms({
  async 'callSoon is first-in first-out'({ loop }, { coroutine }) {
    const { events, push } = recorder<number>()
    await loop.runUntilComplete(
      coroutine(
        () => {
          for (let i = 1; i <= 200; i++) loop.callSoon(push, i)
        },
        () => sleep(0),
      ),
    )
    assert.deepEqual(
      events,
      Array.from({ length: 200 }, (_, i) => i + 1),
    )
  },

  async 'what a handle adds runs in the next turn'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(
      coroutine(
        () => loop.callSoon(push, 'C'),
        () => loop.callSoon(push, 'D'),
        () => {
          push('A')
        },
        () => sleep(0),
        () => {
          push('B')
        },
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['A', 'C', 'D', 'B'])
  },

  async 'a task starts in the next turn, in order with callSoon'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const body = coroutine(() => {
      push('task')
    })
    await loop.runUntilComplete(
      coroutine(
        () => loop.callSoon(push, 'before'),
        () => {
          loop.createTask(body)
        },
        () => loop.callSoon(push, 'after'),
        () => {
          push('now')
        },
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['now', 'before', 'task', 'after'])
  },

  async 'a future that is done is no suspension'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const done = loop.createFuture<null>()
    done.setResult(null)
    await loop.runUntilComplete(
      coroutine(
        () => loop.callSoon(push, 'next turn'),
        () => done,
        () => done,
        () => {
          push('went on at once')
        },
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['went on at once', 'next turn'])
  },

  async 'a task that waited goes on in a turn of its own, in the order of the waiters'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const future = loop.createFuture<null>()
    const waiter = (name: string) =>
      coroutine(
        () => future,
        () => {
          push(name)
        },
      )
    await loop.runUntilComplete(
      coroutine(
        () => {
          loop.createTask(waiter('first'))
          loop.createTask(waiter('second'))
        },
        () => sleep(0),
        () => {
          future.setResult(null)
          loop.callSoon(push, 'after setResult')
          push('setResult returned')
        },
        () => sleep(0),
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['setResult returned', 'first', 'second', 'after setResult'])
  },

  async 'microtasks of a handle run before the next handle'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const hops = async (name: string): Promise<void> => {
      for (let hop = 0; hop < 20; hop++) await null
      push(name)
    }
    await loop.runUntilComplete(
      coroutine(
        () => loop.callSoon(hops, 'microtasks of the first'),
        () => loop.callSoon(push, 'second'),
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['microtasks of the first', 'second'])
  },

  async 'timers that are due run after what was ready'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(
      coroutine(
        () => loop.callLater(-5, push, 'timer'),
        () => loop.callSoon(push, 'soon'),
        () => sleep(0),
        () => sleep(0),
      ),
    )
    assert.deepEqual(events, ['soon', 'timer'])
  },
})
