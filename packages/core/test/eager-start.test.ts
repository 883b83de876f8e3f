import { expect, test } from 'vitest'
import type { Coroutine } from '../src/index.ts'
import { currentTask, getRunningLoop, run, sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

test('an eager task runs up to its first wait inside createTask, as the current task', async () => {
  const { events, push } = recorder<unknown>()
  await run(
    function* (): Coroutine<void> {
      const outer = currentTask()
      const inner = getRunningLoop().createTask(
        function* (): Coroutine<void> {
          push('first step', currentTask()?.getName())
          yield* sleep(5)
          push('second step', currentTask()?.getName())
        },
        { eagerStart: true, name: 'eager' },
      )
      push('createTask returned', currentTask() === outer)
      yield* inner
    },
    { loopFactory: virtualLoop },
  )
  expect(events).toEqual(['first step', 'eager', 'createTask returned', true, 'second step', 'eager'])
})

test('an eager task that never waits is done when createTask returns', async () => {
  const loop = virtualLoop()
  const states = await loop.runUntilComplete(async () => {
    const quick = loop.createTask(
      function* (): Coroutine<string> {
        return 'done'
      },
      { eagerStart: true },
    )
    return [quick.done(), await quick, loop.statistics().tasks]
  })
  expect(states).toEqual([true, 'done', 1])
  loop.close()
})

test('a cancellation of an eager task reaches its wait', async () => {
  const loop = virtualLoop()
  const cancelled = await loop.runUntilComplete(async () => {
    const task = loop.createTask(() => sleep(1000), { eagerStart: true })
    task.cancel()
    await sleep(0)
    return task.cancelled()
  })
  expect(cancelled).toBe(true)
  loop.close()
})

test("with attribution 'handle' an async function cannot be eager: its awaits would be put down to the task that made it", () => {
  const loop = virtualLoop({ attribution: 'handle' })
  expect(() => loop.createTask(async () => {}, { eagerStart: true })).toThrow(
    expect.objectContaining({ name: 'NotSupportedError', message: expect.stringContaining('eagerly') }),
  )
  expect(loop.statistics().tasks).toBe(0)
  loop.close()
})

test('an async function may be eager', async () => {
  const loop = virtualLoop()
  const outcome = await loop.runUntilComplete(async () => {
    const outer = currentTask()
    const inner = loop.createTask(() => Promise.resolve().then(() => sleep(1000)), { eagerStart: true })
    const eager = loop.createTask(
      async () => {
        await null
        await sleep(1000)
      },
      { eagerStart: true },
    )
    await sleep(1)
    eager.cancel()
    inner.cancel()
    await sleep(1)
    return [currentTask() === outer, inner.cancelled(), eager.cancelled()]
  })
  expect(outcome).toEqual([true, true, true])
  loop.close()
})
