import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { EventLoop, sleep } from '../src/index.ts'
import { MemorySelector, VirtualClock } from '../src/testing/index.ts'

const virtualLoop = () => {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock) })
}

test('a future prints what it has become', () => {
  using loop = virtualLoop()
  const pending = loop.createFuture<number>()
  const full = loop.createFuture<unknown>()
  full.setResult({ a: [1, 2], b: { c: 1 } })
  const cancelled = loop.createFuture<number>()
  cancelled.cancel()
  const failed = loop.createFuture<number>()
  failed.setException(new TypeError('no such thing'))
  expect([pending, full, cancelled, failed].map((future) => inspect(future))).toEqual([
    'Future(pending)',
    'Future(result { a: [Array], b: [Object] })',
    'Future(cancelled)',
    'Future(exception TypeError: no such thing)',
  ])
  failed.exception()
})

test('printing a failed future does not count as looking at its error', () => {
  const reports: string[] = []
  const loop = virtualLoop()
  loop.setExceptionHandler((_, { message }) => reports.push(message))
  const failed = loop.createFuture<number>()
  failed.setException(new Error('unseen'))
  inspect(failed)
  loop.close()
  expect(reports).toEqual(['Future exception was never retrieved'])
})

test('a task prints its name, its coroutine function and its state', async () => {
  using loop = virtualLoop()
  async function work() {
    await sleep(10)
    return 5
  }
  const task = loop.createTask(work, { name: 'the worker' })
  const before = inspect(task)
  await loop.runUntilComplete(task)
  expect([before, inspect(task)]).toEqual(['Task(the worker, work, pending)', 'Task(the worker, work, result 5)'])
})

test('handles print their callback, timers their time', () => {
  using loop = virtualLoop()
  function tick() {}
  const soon = loop.callSoon(tick)
  const timer = loop.callLater(100, tick)
  const cancelled = loop.callLater(200, tick)
  cancelled.cancel()
  expect([soon, timer, cancelled].map((handle) => inspect(handle))).toEqual([
    'Handle(tick)',
    'TimerHandle(tick, at 100)',
    'TimerHandle(cancelled, at 200)',
  ])
})

test('a loop prints its state and its selector', async () => {
  const loop = virtualLoop()
  const states = [inspect(loop)]
  await loop.runUntilComplete(async () => void states.push(inspect(loop)))
  loop.close()
  states.push(inspect(loop))
  expect(states).toEqual(['EventLoop(stopped, memory)', 'EventLoop(running, memory)', 'EventLoop(closed, memory)'])
})
