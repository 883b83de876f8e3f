import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop, TaskGroup } from '../src/index.ts'
import { CancelledError, currentTask, sleep, taskGroup } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

/** The messages of an AggregateError, or the name of another error. */
function told(error: unknown): string[] {
  return error instanceof AggregateError ? error.errors.map((one) => (one as Error).message) : [(error as Error).name]
}

describe('a cancellation', () => {
  bothForms('from outside ends the tasks and goes on as one', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const child = async (): Promise<void> => {
      await sleep(1000).finally(() => {
        push('child ended')
      })
    }
    const task = loop.createTask(
      coroutine(() =>
        taskGroup(async (group) => {
          group.createTask(child)
        }),
      ),
    )
    loop.callLater(5, () => task.cancel('from outside'))
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect([events, task.cancelled()]).toEqual([['child ended'], true])
  })

  test('from outside during the body ends both', async () => {
    const loop = newLoop()
    const children: string[] = []
    const task = loop.createTask(async () =>
      taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(1000).finally(() => children.push('ended'))
        })
        await sleep(1000)
      }),
    )
    loop.callLater(5, () => task.cancel())
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect(children).toEqual(['ended'])
  })

  test('that meets a failure: the failure is thrown', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () =>
      taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(1000).catch(() => {
            throw new Error('clean-up')
          })
        })
      }),
    )
    loop.callLater(5, () => task.cancel())
    const error = await loop.runUntilComplete(task).catch((thrown: unknown) => thrown)
    expect(told(error)).toEqual(['clean-up'])
  })
})

describe('group.cancel()', () => {
  test('from the body ends tasks and body, and the group without an error', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        const child = group.createTask(() => sleep(1000))
        child.addDoneCallback(() => {
          push(child.cancelled())
        })
        await sleep(5)
        group.cancel()
        await sleep(1000)
        push('not reached')
      })
      push('went on', loop.time(), currentTask()!.cancelling())
    })
    expect(events).toEqual([true, 'went on', 5, 0])
  })

  test('from a task, after the body has ended', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        group.createTask(() => sleep(1000))
        group.createTask(async () => {
          await sleep(5)
          group.cancel()
        })
      })
    })
    expect(loop.time()).toBe(5)
  })

  test('twice, or when all is over, changes nothing', async () => {
    const loop = newLoop()
    let kept: TaskGroup | undefined
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        kept = group
        group.createTask(() => sleep(1000))
        group.cancel()
        group.cancel()
      })
      kept!.cancel()
      await sleep(1)
      expect(currentTask()!.cancelling()).toBe(0)
    })
  })

  test('from a body that ends without another wait touches nothing that comes after', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        group.cancel()
      })
      await sleep(1)
      push('async')
    })
    await loop.runUntilComplete(function* (): Coroutine<void> {
      yield* taskGroup(function* (group): Coroutine<void> {
        group.cancel()
      })
      yield* sleep(1)
      push('generator')
    })
    expect(events).toEqual(['async', 'generator'])
  })

  test('failures during it are thrown all the same', async () => {
    const loop = newLoop()
    const error = await loop.runUntilComplete(async () =>
      taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(1000).catch(() => {
            throw new Error('clean-up')
          })
        })
        await sleep(1)
        group.cancel()
      }).catch((thrown: unknown) => thrown),
    )
    expect(told(error)).toEqual(['clean-up'])
  })

  test('a cancellation from outside at the same time is not lost', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () =>
      taskGroup(async (group) => {
        group.createTask(() => sleep(1000))
        loop.callLater(5, () => {
          group.cancel()
          task.cancel('from outside')
        })
        await sleep(1000)
      }),
    )
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
  })
})
