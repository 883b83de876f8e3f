import { expect, test } from 'vitest'
import { CancelledError, currentTask, run, sleep, taskGroup, timeout, TimeoutError } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

// A generator task whose helper is an async function: a request to cancel belongs where that function waits.

test('a failure in a group inside an async helper comes out of the generator task', async () => {
  const failing = run(
    function* () {
      return yield* timeout(100, async () => {
        await taskGroup((group) => {
          group.createTask(async () => {
            throw new Error('a member failed')
          })
          return Promise.resolve()
        })
        return 'went on'
      })
    },
    { loopFactory: virtualLoop },
  )
  await expect(failing).rejects.toMatchObject({ errors: [new Error('a member failed')] })
})

test('a helper that cancels its own task goes on to its next wait, and is cancelled there', async () => {
  const { events, push } = recorder()
  const cancelled = run(
    function* () {
      yield* timeout(100, async () => {
        currentTask()!.cancel('enough')
        push('still running')
        try {
          await sleep(0)
          push('not cancelled')
        } catch (error) {
          push((error as Error).name, (error as Error).message)
          throw error
        }
      })
    },
    { loopFactory: virtualLoop },
  )
  await expect(cancelled).rejects.toThrow(CancelledError)
  expect(events).toEqual(['still running', 'CancelledError', 'enough'])
})

test('a helper that waits for a promise nothing else can end is left when its time is over', async () => {
  const loop = virtualLoop()
  const left = loop.runUntilComplete(function* () {
    yield* timeout(100, () => new Promise(() => {}))
  })
  await expect(left).rejects.toThrow(TimeoutError)
  expect(loop.time()).toBe(100)
  loop.close()
})

test('after a helper that cancelled its own task has ended, the generator goes on to its next wait', async () => {
  const { events, push } = recorder()
  const cancelled = run(
    function* () {
      yield* timeout(100, async () => {
        currentTask()!.cancel()
      })
      push('went on')
      yield* sleep(1)
      push('not cancelled')
    },
    { loopFactory: virtualLoop },
  )
  await expect(cancelled).rejects.toThrow(CancelledError)
  expect(events).toEqual(['went on'])
})
