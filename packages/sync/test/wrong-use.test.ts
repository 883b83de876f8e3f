import { run, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { Barrier, BoundedSemaphore, Condition, Event, Lock, Queue, Semaphore } from '../src/index.ts'
import { virtualLoop } from './support.ts'

test.each([
  [
    'a lock that nobody holds cannot be released',
    () => {
      new Lock().release()
    },
    'InvalidStateError',
    'not held',
  ],
  [
    'notify needs the lock',
    () => {
      new Condition().notify()
    },
    'InvalidStateError',
    'notify needs the lock',
  ],
  [
    'notifyAll needs the lock',
    () => {
      new Condition().notifyAll()
    },
    'InvalidStateError',
    'notifyAll needs the lock',
  ],
  ['a condition needs a Lock', () => new Condition({} as Lock), 'TypeError', 'over a Lock'],
  ['a semaphore has whole places', () => new Semaphore(-1), 'RangeError', 'not -1'],
  ['a bounded semaphore too', () => new BoundedSemaphore(1.5), 'RangeError', 'not 1.5'],
  ['a barrier has parties', () => new Barrier(0), 'RangeError', '1 or more parties'],
  ['a maxsize is a number', () => new Queue(NaN), 'TypeError', 'maxsize'],
  ['with takes a function', () => new Lock().with(Promise.resolve() as never), 'TypeError', 'without calling it'],
  ['getNowait of an empty queue', () => new Queue().getNowait(), 'QueueEmpty', 'empty'],
  [
    'taskDone without an item',
    () => {
      new Queue().taskDone()
    },
    'InvalidStateError',
    'more often',
  ],
  ['waiting needs a running loop', () => new Event().wait(), 'InvalidStateError', 'getRunningLoop()'],
])('%s', (_name, use, name, message) => {
  expect(use).toThrow(expect.objectContaining({ name, message: expect.stringContaining(message) as string }))
})

test('a full queue refuses putNowait', () => {
  const queue = new Queue(1)
  queue.putNowait(1)
  expect(() => {
    queue.putNowait(2)
  }).toThrow(expect.objectContaining({ name: 'QueueFull' }))
})

test('wait of a condition needs the lock', async () => {
  const waiting = run(
    async () => {
      await new Condition().wait()
    },
    { loopFactory: virtualLoop },
  )
  await expect(waiting).rejects.toThrow('wait needs the lock')
})

test('one object serves one loop', async () => {
  const event = new Event()
  const waitShortly = async () => {
    void event.wait()
    await sleep(0)
  }
  await run(waitShortly, { loopFactory: virtualLoop })
  await expect(run(waitShortly, { loopFactory: virtualLoop })).rejects.toThrow('another event loop')
})
