import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop, Task, Timeout } from '../src/index.ts'
import { CancelledError, currentTask, sleep, timeout, timeoutAt, TimeoutError } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

bothForms('a body in time gives its value, and leaves no timer', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, push } = recorder<unknown>()
  await loop.runUntilComplete(
    coroutine(
      () => timeout(100, () => sleep(10, 'value')).then(push),
      () => timeoutAt(500, () => sleep(10, 'other')).then(push),
      () => timeout(null, () => sleep(10_000, 'no limit')).then(push),
    ),
  )
  expect([events, loop.statistics().timers]).toEqual([['value', 'other', 'no limit'], 0])
})

bothForms('a body that takes too long is cancelled in place, and TimeoutError thrown', async ({ coroutine }) => {
  const loop = newLoop()
  const task = loop.createTask(
    coroutine(() =>
      timeout(
        100,
        coroutine(() => sleep(1000)),
      ),
    ),
  )
  await expect(loop.runUntilComplete(task)).rejects.toThrow(
    expect.objectContaining({ name: 'TimeoutError', cause: expect.any(CancelledError) }),
  )
  expect([loop.time(), task.cancelled(), task.cancelling()]).toEqual([100, false, 0])
})

test('both kinds of body, in both kinds of task', async () => {
  const loop = newLoop()
  const bodies = [
    async () => sleep(1, 'async'),
    function* (): Coroutine<string> {
      return yield* sleep(1, 'generator')
    },
  ]
  for (const body of bodies) {
    const wanted = body === bodies[0] ? 'async' : 'generator'
    expect(await loop.runUntilComplete(async () => timeout(10, body))).toBe(wanted)
    expect(
      await loop.runUntilComplete(function* (): Coroutine<string> {
        return yield* timeout(10, body)
      }),
    ).toBe(wanted)
  }
})

test('a deadline that has passed cancels at the first wait', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  await expect(
    loop.runUntilComplete(() =>
      timeout(0, async () => {
        push('started')
        await sleep(0)
        await sleep(0)
        push('not reached')
      }),
    ),
  ).rejects.toThrow()
  expect(events).toEqual(['started'])
})

describe('the scope', () => {
  test('tells its deadline, moves it and removes it', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      await timeout(100, async (scope) => {
        push(scope.when(), scope.expired())
        scope.reschedule(300)
        push(scope.when())
        await sleep(200)
        scope.reschedule(null)
        push(scope.when())
        await sleep(1000)
      })
    })
    expect([events, loop.time()]).toEqual([[100, false, 300, null], 1200])
  })

  test('a deadline moved into the past ends the body', async () => {
    const loop = newLoop()
    await expect(
      loop.runUntilComplete(async () =>
        timeout(1000, async (scope) => {
          scope.reschedule(loop.time() - 1)
          await sleep(500)
        }),
      ),
    ).rejects.toBeInstanceOf(TimeoutError)
    expect(loop.time()).toBe(0)
  })

  test('says that it expired, and cannot be moved any more', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      let kept: Timeout | undefined
      await timeout(5, async (scope) => {
        kept = scope
        await sleep(10).finally(() => {
          expect(scope.expired()).toBe(true)
          expect(() => {
            scope.reschedule(100)
          }).toThrow(/expiring/)
        })
      }).catch(() => {})
      expect(kept!.expired()).toBe(true)
      expect(() => {
        kept!.reschedule(100)
      }).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    })
  })
})

describe('who is to blame', () => {
  test('an error of the body is thrown as it is', async () => {
    const loop = newLoop()
    const failing = async (): Promise<never> => {
      throw new RangeError('own')
    }
    await expect(loop.runUntilComplete(async () => timeout(5, failing))).rejects.toThrow(RangeError)
  })

  test('an error of the clean-up after the deadline is thrown as it is', async () => {
    const loop = newLoop()
    const failing = async (): Promise<void> => {
      await sleep(100).catch(() => {
        throw new RangeError('clean-up')
      })
    }
    await expect(loop.runUntilComplete(async () => timeout(5, failing))).rejects.toThrow(RangeError)
  })

  test('a cancellation from outside is one, and no timeout', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () => timeout(100, () => sleep(1000)))
    loop.callLater(5, () => task.cancel('from outside'))
    await expect(loop.runUntilComplete(task)).rejects.toThrow('from outside')
    expect(task.cancelled()).toBe(true)
  })

  test('a cancellation at the very same time goes on as one', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () => timeoutAt(100, () => sleep(1000)))
    loop.callAt(100, () => task.cancel('both'))
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect([task.cancelled(), task.cancelling()]).toEqual([true, 1])
  })

  test('a body that swallows the cancellation has had its time: no error, the request is withdrawn', async () => {
    const loop = newLoop()
    const outcome = await loop.runUntilComplete(async () => {
      const value = await timeout(5, async () => {
        await sleep(100).catch(() => {})
        return 'declined'
      })
      return [value, currentTask()!.cancelling()]
    })
    expect(outcome).toEqual(['declined', 0])
  })

  bothForms('the inner one of two ends itself only', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const inner = coroutine(() =>
      timeout(
        10,
        coroutine(() => sleep(1000)),
      ).then(
        () => push('no'),
        (error: unknown) => push((error as Error).name),
      ),
    )
    await loop.runUntilComplete(
      coroutine(
        () => timeout(100, inner),
        () => sleep(0),
        () => push('went on'),
      ),
    )
    expect([events, loop.time()]).toEqual([['TimeoutError', 'went on'], 10])
  })

  test('the outer one of two ends both', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const inner = async (): Promise<void> => {
      await timeout(100, () => sleep(1000)).catch((error: unknown) => {
        push(`inner ${(error as Error).name}`)
        throw error
      })
    }
    await loop.runUntilComplete(async () => {
      await timeout(10, inner).catch((error: unknown) => {
        push(`outer ${(error as Error).name}`)
      })
    })
    expect(events).toEqual(['inner CancelledError', 'outer TimeoutError'])
  })
})

bothForms(
  'a request of the body to its own task survives a deadline that the body has declined',
  async ({ coroutine }) => {
    const loop = newLoop()
    const task: Task<void> = loop.createTask(
      coroutine(() =>
        timeout(20, async () => {
          await sleep(1000).catch(() => {
            task.cancel('by itself')
          })
        }),
      ),
    )
    await expect(loop.runUntilComplete(task)).rejects.toThrow('by itself')
  },
)

describe('bad input', () => {
  test('a limit that is no number', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      expect(() => timeout(NaN, () => sleep(1))).toThrow(TypeError)
      expect(() => timeoutAt('soon' as never, () => sleep(1))).toThrow(/timeoutAt/)
    })
  })

  test('outside of a loop, and for what is no function', async () => {
    expect(() => timeout(5, () => sleep(1))).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    await newLoop().runUntilComplete(async () => {
      expect(() => timeout(5, 'body' as never)).toThrow(expect.objectContaining({ name: 'TypeError' }))
    })
  })
})
