import { expect, test } from 'vitest'
import { EventLoop, run, sleep, timeout } from '../src/index.ts'

const work = async () => {}
function* steps() {}

test('a promise or a generator where a function is wanted is told as what it is, with what to write instead', async () => {
  using loop = new EventLoop()
  expect(() => loop.createTask(work() as never)).toThrow(
    'createTask takes a coroutine function, and got a promise: pass the function without calling it, ' +
      'createTask(work) instead of createTask(work()); a promise that is there already goes through ensureFuture',
  )
  expect(() => loop.createTask(steps() as never)).toThrow(
    'createTask takes a coroutine function, and got a generator: pass the function without calling it, ' +
      'createTask(work) instead of createTask(work())',
  )
  for (const value of [undefined, null, 42, 'work', {}]) {
    expect(() => loop.createTask(value as never)).toThrow(/^createTask takes a coroutine function, not /)
  }
  await expect(run(() => timeout(10, sleep(1) as never))).rejects.toThrow(TypeError)
})
