import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import {
  CancelledError,
  currentTask,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { native, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())
const outcome = async (promise: PromiseLike<unknown>): Promise<string> =>
  promise.then(
    (value) => String(value),
    (error: unknown) => (error as Error).name,
  )

const limits = {
  timeout: (body: () => Promise<unknown>) => timeout(20, body),
  waitFor: (body: () => Promise<unknown>) => waitFor(body, 20),
  'timeout with a generator around': (body: () => Promise<unknown>) =>
    timeout(20, function* (): Coroutine<unknown> {
      return yield body()
    }),
}

describe.each(Object.entries(limits))('at its deadline, %s', (_name, limit) => {
  test('ends although its body waits only for a native promise', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(async () => [
      await outcome(limit(() => native(loop, 60))),
      loop.time(),
      currentTask()!.cancelling(),
    ])
    expect(seen).toEqual(['TimeoutError', 20, 0])
    await loop.runUntilComplete(() => sleep(100))
  })

  test('leaves code behind that gets CancelledError at its next wait, whatever it is', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const waits: Record<string, () => PromiseLike<unknown>> = {
      sleep: () => sleep(5),
      'sleep(0)': () => sleep(0),
      'a shared future': () => shared,
      timeout: () => timeout(50, () => sleep(1)),
      taskGroup: () => taskGroup(async (group) => void group.createTask(async () => {})),
      gather: () => gather([async () => {}]),
      waitFor: () => waitFor(async () => {}, 50),
    }
    const shared = loop.createFuture<string>()
    await loop.runUntilComplete(async () => {
      for (const [name, wait] of Object.entries(waits)) {
        const body = async (): Promise<void> => {
          await native(loop, 40)
          try {
            await wait()
            push(`${name} went on`)
          } catch (error) {
            push(`${name} got ${(error as Error).name}`)
            throw error
          }
        }
        push(await outcome(limit(body)))
        await sleep(30)
      }
      shared.setResult('untouched')
      push(await shared)
    })
    expect(events).toEqual([
      ...Object.keys(waits).flatMap((name) => ['TimeoutError', `${name} got CancelledError`]),
      'untouched',
    ])
  })

  test('what the left code throws later is told in debug mode only', async () => {
    for (const debug of [false, true]) {
      const loop = virtualLoop({ debug })
      const { events, push } = recorder<string>()
      loop.setExceptionHandler((_loop, { message, exception }) => {
        push(`${message}: ${(exception as Error).message}`)
      })
      await loop.runUntilComplete(async () => {
        const failing = async (): Promise<void> => {
          await native(loop, 40)
          throw new Error('too late')
        }
        await outcome(limit(failing))
        await sleep(50)
      })
      loop.close()
      expect(events).toEqual(debug ? ['Exception in code that its task or scope had left behind: too late'] : [])
    }
  })

  test('its clean-up is waited for, when the loop knows of the wait', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(async () => {
      const cleaning = async (): Promise<void> => {
        try {
          await sleep(1000)
        } finally {
          await sleep(30)
        }
      }
      return [await outcome(limit(cleaning)), loop.time()]
    })
    expect(seen).toEqual(['TimeoutError', 50])
  })
})

test('a request meets code that was woken in the same turn, also when it ended a wait beside it', async () => {
  const loop = newLoop()
  const seen = await loop.runUntilComplete(async () => {
    const limited = timeout(0, async () => {
      void sleep(500).catch(() => {})
      await sleep(0)
      await sleep(300)
    })
    return [await outcome(limited), loop.time(), loop.statistics().timers]
  })
  expect(seen).toEqual(['TimeoutError', 0, 0])
})

test('a wait for a promise that is refused to code left behind leaves nothing in the loop', async () => {
  const loop = newLoop()
  const { events, push } = recorder<unknown>()
  await loop.runUntilComplete(async () => {
    await outcome(
      timeout(10, async () => {
        await native(loop, 20)
        const failing = native(loop, 20).then(() => {
          throw new Error('late')
        })
        failing.catch(() => {})
        push(
          await outcome(waitFor(failing, 100)),
          await outcome(loop.wrap(failing)),
          await outcome(waitFor(sleep(500), 100)),
        )
        push(loop.statistics().promises, loop.statistics().timers)
      }),
    )
    await sleep(100)
  })
  expect(events).toEqual(['CancelledError', 'CancelledError', 'CancelledError', 0, 2])
})

describe('a cancelled task', () => {
  test('ends at once when its code waits only for a native promise, and others go on', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      const task = loop.createTask(async () => {
        await native(loop, 50)
        await sleep(1).catch(() => {
          push('its code ends at its next wait')
        })
      })
      await sleep(10)
      push(task.cancel(), await outcome(task), task.cancelled(), loop.time())
      await sleep(100)
    })
    expect(events).toEqual([true, 'CancelledError', true, 10, 'its code ends at its next wait'])
  })

  test('that asked for it itself ends so, too', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () => {
      currentTask()!.cancel()
      await new Promise(() => {})
    })
    expect(await outcome(loop.runUntilComplete(task))).toBe('CancelledError')
  })

  test('ends after the groups in it: the innermost scope ends first', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      const task = loop.createTask(async () => {
        try {
          await taskGroup(async (group) => {
            group.createTask(async () => {
              try {
                await sleep(1000)
              } finally {
                await sleep(10)
                push('child has cleaned up')
              }
            })
            await new Promise(() => {})
          })
        } finally {
          push('group has ended')
        }
      })
      await sleep(1)
      task.cancel()
      push(await outcome(task))
    })
    expect(events).toEqual(['child has cleaned up', 'group has ended', 'CancelledError'])
  })

  test('does not let go of a lock that its code, still in a native promise, holds', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    // A helper as those of @loop/sync are: it runs a body between an acquire and a release.
    const { call, coroutine } = await import('../src/index.ts')
    function* locked(body: () => Promise<void>): Coroutine<void> {
      push('acquired')
      try {
        yield* call(body)
      } finally {
        push('released')
      }
    }
    const critical = async (): Promise<void> => {
      await native(loop, 30)
      push('wrote')
    }
    for (const form of [async () => coroutine(locked(critical)), () => locked(critical)]) {
      await loop.runUntilComplete(async () => {
        const task = loop.createTask(form as () => Promise<void>)
        await sleep(5)
        task.cancel()
        push(await outcome(task))
        await sleep(50)
      })
    }
    expect(events).toEqual([
      'acquired',
      'CancelledError',
      'wrote',
      'released',
      'acquired',
      'CancelledError',
      'wrote',
      'released',
    ])
  })

  test('cannot start tasks any more', async () => {
    const loop = newLoop()
    let thrown: unknown
    await loop.runUntilComplete(async () => {
      const task = loop.createTask(async () => {
        await native(loop, 10)
        try {
          getRunningLoop().createTask(async () => {})
        } catch (error) {
          thrown = error
        }
      })
      await sleep(1)
      task.cancel()
      await outcome(task)
      await sleep(20)
    })
    expect(thrown).toBeInstanceOf(CancelledError)
  })

  test('keeps what is shielded from it', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      const inner = loop.createTask(async () => {
        await native(loop, 20)
        push('shielded work ended')
      })
      const outer = loop.createTask(async () => shield(inner))
      await sleep(1)
      outer.cancel()
      push(await outcome(outer))
      await inner
    })
    expect(events).toEqual(['CancelledError', 'shielded work ended'])
  })
})

describe('the end of run()', () => {
  const quiet = (): EventLoop => {
    const loop = virtualLoop()
    loop.setExceptionHandler(() => {})
    return loop
  }

  test("gives the program's own error although a task waits for ever", async () => {
    const program = run(
      async () => {
        getRunningLoop().createTask(() => new Promise<void>(() => {}))
        await sleep(5)
        throw new Error('the real error')
      },
      { loopFactory: quiet },
    )
    await expect(program).rejects.toThrow('the real error')
  })

  test("gives the program's own error although tasks wait for each other in a circle", async () => {
    const program = run(
      async () => {
        const loop = getRunningLoop()
        const first: { task?: PromiseLike<unknown> } = {}
        const second = loop.createTask(async () => first.task)
        first.task = loop.createTask(async () => second)
        await sleep(5)
        throw new Error('the real error')
      },
      { loopFactory: quiet },
    )
    await expect(program).rejects.toThrow('the real error')
  })
})
