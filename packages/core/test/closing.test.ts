import { expect, test } from 'vitest'
import { EventLoop, LoopClosedError, NotSupportedError, sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'

test('closing a loop tells those who asked, in their order, and only once', () => {
  const { events, on } = recorder<string>()
  const loop = new EventLoop()
  loop.onClose(on('first'))
  const withdrawn = loop.onClose(on('withdrawn'))
  loop.onClose(on('second'))
  withdrawn[Symbol.dispose]()
  loop.close()
  loop.close()
  expect(events).toEqual(['first', 'second'])
})

test('closing a loop reports the tasks that have not ended, oldest first', async () => {
  const { events, push } = recorder<string>()
  const loop = new EventLoop()
  loop.setExceptionHandler((_, { message }) => push(message))
  await loop.runUntilComplete(async () => {
    loop.createTask(() => sleep(1000), { name: 'first' })
    loop.createTask(() => sleep(500), { name: 'second' })
    await sleep(0)
  })
  loop.close()
  loop.close()
  expect(events).toEqual([
    'Task was destroyed but it is pending: first',
    'Task was destroyed but it is pending: second',
  ])
})

test('the door for other threads is made on first use, once, and shut with the loop', () => {
  const { events, push, on } = recorder<string>()
  const loop = new EventLoop({
    door: () => {
      push('made')
      return { register: () => undefined, handle: () => undefined, close: on('closed') }
    },
  })
  expect(events).toEqual([])
  expect(loop.threadsafe()).toBe(loop.threadsafe())
  loop.close()
  expect(events).toEqual(['made', 'closed'])
  expect(() => loop.threadsafe()).toThrow(LoopClosedError)
})

test('a loop without a door names the package that has one', () => {
  using loop = new EventLoop()
  expect(() => loop.threadsafe()).toThrow(NotSupportedError)
  expect(() => loop.threadsafe()).toThrow(/@loop\/executor/)
})

test('what is enqueued runs in line with handles', async () => {
  const { events, on } = recorder<string>()
  using loop = new EventLoop()
  loop.callSoon(on('handle'))
  loop.enqueue({ run: on('runnable') })
  loop.callSoon(() => {
    loop.stop()
  })
  await loop.runForever()
  expect(events).toEqual(['handle', 'runnable'])
})
