import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop, Task } from '../src/index.ts'
import { CancelledError, currentTask, LoopError, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())
const settleIn = (loop: EventLoop): Promise<undefined> => loop.runUntilComplete(() => sleep(100))

test('CancelledError has a root of its own, so that handlers of other errors let it pass', () => {
  const error = new CancelledError('why')
  expect([error instanceof Error, error instanceof LoopError, error.name, error.message]).toEqual([
    true,
    false,
    'CancelledError',
    'why',
  ])
})

describe('where it is thrown', () => {
  bothForms('at a sleep, a pause, a pending future and an awaited task', async ({ coroutine }) => {
    const loop = newLoop()
    const future = loop.createFuture<null>()
    const inner = loop.createTask(coroutine(() => sleep(1000)))
    const waits: (() => unknown)[] = [() => sleep(1000), () => sleep(0), () => future, () => inner]
    const tasks = waits.map((wait) => loop.createTask(coroutine(wait, () => sleep(1000))))
    loop.callSoon(() => {
      for (const [index, task] of tasks.entries()) task.cancel(`message ${index}`)
    })
    await settleIn(loop)
    const outcomes = tasks.map((task) => {
      expect(task.cancelled()).toBe(true)
      try {
        return task.result()
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(outcomes).toEqual(['message 0', 'message 1', 'message 2', 'message 3'])
    expect([future.cancelled(), inner.cancelled()]).toEqual([true, true])
  })

  bothForms('nowhere when the task has not started: it never does', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, on } = recorder<string>()
    const task = loop.createTask(coroutine(on('started')))
    task.cancel('too early')
    expect(task.done()).toBe(false)
    await settleIn(loop)
    expect([events, task.cancelled()]).toEqual([[], true])
    expect(() => task.result()).toThrow('too early')
  })

  test('at every future of a Promise.all', async () => {
    const loop = newLoop()
    const futures = [loop.createFuture(), loop.createFuture(), loop.createFuture()]
    const task = loop.createTask(async () => {
      await Promise.all(futures)
    })
    loop.callSoon(() => task.cancel())
    await settleIn(loop)
    expect([task.cancelled(), ...futures.map((future) => future.cancelled())]).toEqual([true, true, true, true])
  })

  test('at the next wait when the task cancels itself', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    const async = loop.createTask(async () => {
      currentTask()!.cancel()
      push('goes on')
      await sleep(5).catch((error: unknown) => {
        push((error as Error).name)
      })
    })
    const generator = loop.createTask(function* (): Coroutine<void> {
      currentTask()!.cancel()
      push('goes on')
      try {
        yield* sleep(5)
      } catch (error) {
        push((error as Error).name)
      }
    })
    await settleIn(loop)
    expect(events).toEqual(['goes on', 'goes on', 'CancelledError', 'CancelledError'])
    expect([async.cancelled(), generator.cancelled(), async.cancelling(), generator.cancelling()]).toEqual([
      false,
      false,
      1,
      1,
    ])
  })

  bothForms('at the end when there is no further wait', async ({ coroutine }) => {
    const loop = newLoop()
    const task = loop.createTask(
      coroutine(
        () => sleep(1),
        () => {
          currentTask()!.cancel('at the end')
        },
      ),
    )
    await settleIn(loop)
    expect(task.cancelled()).toBe(true)
    expect(() => task.result()).toThrow('at the end')
  })
})

describe('what the task makes of it', () => {
  test('clean-up may wait, in both forms', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const async = loop.createTask(async () => {
      try {
        await sleep(1000)
      } finally {
        await sleep(10)
        push('async cleaned up')
      }
    })
    const generator = loop.createTask(function* (): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(10)
        push('generator cleaned up')
      }
    })
    loop.callSoon(() => {
      async.cancel()
      generator.cancel()
    })
    await settleIn(loop)
    expect(events).toEqual(['async cleaned up', 'generator cleaned up'])
    expect([async.cancelled(), generator.cancelled()]).toEqual([true, true])
  })

  test('it may decline, and finish with a result', async () => {
    const loop = newLoop()
    const declining = async (): Promise<string> => {
      try {
        await sleep(1000)
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError)
      }
      await sleep(1)
      return 'not now'
    }
    const task = loop.createTask(declining)
    loop.callSoon(() => task.cancel())
    expect(await loop.runUntilComplete(task)).toBe('not now')
    expect([task.cancelled(), task.cancelling()]).toEqual([false, 1])
  })

  test('it may fail otherwise', async () => {
    const loop = newLoop()
    const task = loop.createTask(function* (): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch (cause) {
        throw new Error('clean-up failed', { cause })
      }
    })
    loop.callSoon(() => task.cancel())
    await expect(loop.runUntilComplete(task)).rejects.toThrow(
      expect.objectContaining({ message: 'clean-up failed', cause: expect.any(CancelledError) }),
    )
    expect(task.cancelled()).toBe(false)
  })

  test('a second cancellation ends the clean-up', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const task = loop.createTask(async () => {
      try {
        await sleep(1000)
      } finally {
        push('clean-up begins')
        await sleep(50)
        push('not reached')
      }
    })
    loop.callLater(1, () => task.cancel('first'))
    loop.callLater(2, () => task.cancel('second'))
    await settleIn(loop)
    expect([events, task.cancelling()]).toEqual([['clean-up begins'], 2])
    expect(() => task.result()).toThrow('second')
  })
})

describe('counting', () => {
  test('cancelling counts requests, uncancel withdraws them, never below 0', async () => {
    const loop = newLoop()
    const task = loop.createTask(() => sleep(1000))
    expect(task.cancelling()).toBe(0)
    expect([task.cancel(), task.cancel(), task.cancelling()]).toEqual([true, true, 2])
    expect([task.uncancel(), task.uncancel(), task.uncancel(), task.cancelling()]).toEqual([1, 0, 0, 0])
    // Withdrawing the last request takes back what was not thrown yet.
    await settleIn(loop)
    expect(task.done()).toBe(false)
    task.cancel()
    await settleIn(loop)
    expect(task.cancelled()).toBe(true)
  })

  test('a task that is done cannot be cancelled', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () => 'done')
    await loop.runUntilComplete(task)
    expect([task.cancel(), task.cancelling(), task.cancelled()]).toEqual([false, 0, false])
  })
})

describe('cancellation and results that cross', () => {
  bothForms('a future that was set before the cancel: the cancel wins, as in asyncio', async ({ coroutine }) => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    const { events, on } = recorder<string>()
    const task = loop.createTask(coroutine(() => future, on('went on')))
    loop.callLater(1, () => {
      future.setResult('set')
      task.cancel()
    })
    await settleIn(loop)
    expect([task.cancelled(), future.cancelled(), events]).toEqual([true, false, []])
  })

  bothForms('a cancel before the result: the future is cancelled, setResult is refused', async ({ coroutine }) => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    const task = loop.createTask(coroutine(() => future))
    const { events, push } = recorder<string>()
    loop.callLater(1, () => {
      task.cancel()
      try {
        future.setResult('too late')
      } catch (error) {
        push((error as Error).name)
      }
    })
    await settleIn(loop)
    expect([task.cancelled(), events]).toEqual([true, ['InvalidStateError']])
  })

  bothForms('a future that somebody else cancels cancels who awaits it', async ({ coroutine }) => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    const task = loop.createTask(coroutine(() => future))
    loop.callLater(1, () => future.cancel('by its owner'))
    await settleIn(loop)
    expect([task.cancelled(), task.cancelling()]).toEqual([true, 0])
    expect(() => task.result()).toThrow('by its owner')
  })
})

describe('circles', () => {
  bothForms('tasks that wait for each other cannot be cancelled, and cancel says so', async ({ coroutine }) => {
    const loop = virtualLoop()
    const tasks: Task[] = []
    tasks.push(loop.createTask(coroutine(() => tasks[1])), loop.createTask(coroutine(() => tasks[0])))
    await settleIn(loop)
    expect(() => tasks[0]!.cancel()).toThrow(
      expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('circle') }),
    )
    expect(tasks.map((task) => task.done())).toEqual([false, false])
    // They stay as they are, which is what closing would report.
    loop.setExceptionHandler(() => {})
    loop.close()
  })
})
