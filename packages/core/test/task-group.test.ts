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

  test('all failures are in the error, the body\'s own one last', async () => {
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
