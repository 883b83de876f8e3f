import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop, TaskGroup } from '../src/index.ts'
import { currentTask, sleep, taskGroup } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

const failAfter = (ms: number, message: string) => async (): Promise<never> => {
  await sleep(ms)
  throw new Error(message)
}

/** The messages of an AggregateError, or the name of another error. */
function told(error: unknown): string[] {
  return error instanceof AggregateError ? error.errors.map((one) => (one as Error).message) : [(error as Error).name]
}

describe('a group that ends well', () => {
  bothForms('waits for all its tasks and gives what its body gave', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push, on } = recorder<unknown>()
    await loop.runUntilComplete(
      coroutine(
        () =>
          taskGroup(async (group) => {
            group.createTask(coroutine(() => sleep(20), on('slow')))
            group.createTask(coroutine(() => sleep(10), on('quick')))
            push('body')
            return 'value'
          }).then(push),
        () => push(loop.time()),
      ),
    )
    expect(events).toEqual(['body', 'quick', 'slow', 'value', 20])
  })

  test('its body may be a generator', async () => {
    const loop = newLoop()
    const value = await loop.runUntilComplete(function* (): Coroutine<number> {
      return yield* taskGroup(function* (group): Coroutine<number> {
        const task = group.createTask(() => sleep(5, 2))
        return (yield* task) + 1
      })
    })
    expect(value).toBe(3)
  })

  test('tasks may add tasks, also after the body has ended', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(5)
          group.createTask(async () => {
            await sleep(5)
            push('grandchild')
          })
          push('child')
        })
      })
      push('end')
    })
    expect(events).toEqual(['child', 'grandchild', 'end'])
  })

  test('without tasks it is its body', async () => {
    expect(await newLoop().runUntilComplete(async () => taskGroup(async () => 'alone'))).toBe('alone')
  })
})

describe('a failure', () => {
  bothForms('cancels the other tasks and the body, and is thrown when all have ended', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    const cleaning = async (): Promise<void> => {
      try {
        await sleep(1000)
      } finally {
        await sleep(10)
        push('cleaned up')
      }
    }
    const task = loop.createTask(
      coroutine(() =>
        taskGroup(async (group) => {
          group.createTask(failAfter(5, 'first'))
          group.createTask(cleaning)
          await sleep(1000).finally(() => {
            push('body cancelled')
          })
        }),
      ),
    )
    await loop.runUntilComplete(task).catch((error: unknown) => {
      push(told(error), loop.time())
    })
    expect(events).toEqual(['body cancelled', 'cleaned up', ['first'], 15])
    expect([task.cancelled(), task.cancelling()]).toEqual([false, 0])
  })

  test("all failures are in the error, the body's own one last", async () => {
    const loop = newLoop()
    const failingOnCancel = async (): Promise<void> => {
      await sleep(1000).catch(() => {
        throw new Error('while cancelled')
      })
    }
    const error = await loop.runUntilComplete(async () =>
      taskGroup(async (group) => {
        group.createTask(failingOnCancel)
        await sleep(1)
        throw new Error('body')
      }).catch((thrown: unknown) => thrown),
    )
    expect(told(error)).toEqual(['while cancelled', 'body'])
  })

  test('a task that was cancelled on its own is no failure', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        const task = group.createTask(() => sleep(1000))
        loop.callLater(1, () => task.cancel())
      })
    })
    expect(loop.time()).toBe(1)
  })

  test('in an inner group reaches the outer one as its error', async () => {
    const loop = newLoop()
    const error = await loop.runUntilComplete(async () =>
      taskGroup(async (outer) => {
        outer.createTask(() => sleep(1000))
        await taskGroup(async (inner) => {
          inner.createTask(failAfter(5, 'deep'))
        })
      }).catch((thrown: unknown) => thrown),
    )
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors.map(told)).toEqual([['deep']])
    expect(loop.time()).toBe(5)
  })

  test('the task goes on normally after the error was caught', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      await taskGroup(async (group) => {
        group.createTask(failAfter(1, 'x'))
        await sleep(1000)
      }).catch(() => push('caught'))
      await sleep(10)
      push('slept', currentTask()!.cancelling())
    })
    expect(events).toEqual(['caught', 'slept', 0])
  })
})

describe('bad input', () => {
  test('a group that has ended, or is ending by a failure, takes no tasks', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      let kept: TaskGroup | undefined
      await taskGroup(async (group) => {
        kept = group
        group.createTask(async () => {
          await sleep(1000).catch(() => {})
          try {
            group.createTask(async () => {})
          } catch (error) {
            push((error as Error).message)
          }
        })
        group.createTask(failAfter(1, 'x'))
      }).catch(() => {})
      try {
        kept!.createTask(async () => {})
      } catch (error) {
        push((error as Error).message)
      }
    })
    expect(events).toEqual(['the task group is shutting down', 'the task group is finished'])
  })

  test('what is no coroutine function', async () => {
    await newLoop().runUntilComplete(async () => {
      await taskGroup(async (group) => {
        expect(() => group.createTask(Promise.resolve() as never)).toThrow(TypeError)
      })
    })
  })

  test('outside a task', () => {
    expect(() => taskGroup(async () => {})).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})
