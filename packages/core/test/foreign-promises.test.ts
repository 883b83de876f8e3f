import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { CancelledError, currentTask, sleep, wrapPromise } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

/** A promise that only the host settles. */
const ofTheHost = <T>(value: T): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(resolve, 1, value)
  })

const never = new Promise<never>(() => {})

describe('a bare await in an async task', () => {
  test('gives the value, and the code goes on in its task', async () => {
    const loop = newLoop()
    const known = await loop.runUntilComplete(async () => {
      const task = currentTask()
      await ofTheHost('value')
      const after = currentTask() === task
      await loop.wrap(ofTheHost('value'))
      return [after, currentTask() === task]
    })
    expect(known).toEqual([true, true])
  })

  test('can be made a wait of the loop by currentTask().await', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(async () => {
      const task = currentTask()!
      await ofTheHost(null)
      const value = await task.await(ofTheHost('value'))
      return [value, currentTask() === task]
    })
    expect(seen).toEqual(['value', true])
  })

  test('task.await takes futures, done ones too', async () => {
    const loop = newLoop()
    const done = loop.createFuture<string>()
    done.setResult('done')
    const pending = loop.createFuture<string>()
    loop.callLater(5, () => {
      pending.setResult('pending')
    })
    const seen = await loop.runUntilComplete(async () => {
      const task = currentTask()!
      return [await task.await(done), await task.await(pending)]
    })
    expect(seen).toEqual(['done', 'pending'])
  })

  test('is left behind when the task is cancelled: the task ends, and its code at its next wait for the loop', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    let settle!: (value: null) => void
    const settled = new Promise<null>((resolve) => {
      settle = resolve
    })
    const task = loop.createTask(async () => {
      await settled
      push('promise settled')
      await sleep(1).catch((error: unknown) => {
        push((error as Error).name)
        throw error
      })
    })
    loop.callSoon(() => task.cancel())
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect(events).toEqual([])
    settle(null)
    await loop.runUntilComplete(() => loop.wrap(ofTheHost(null)))
    expect([events, loop.statistics().timers]).toEqual([['promise settled', 'CancelledError'], 0])
  })
})

describe('a promise in a generator task', () => {
  test('is known to the task: cancel is thrown at once', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const task = loop.createTask(function* (): Coroutine<void> {
      try {
        yield never
      } finally {
        push(currentTask() === task ? 'cleaned up as itself' : 'lost')
      }
    })
    loop.callLater(3, () => task.cancel('enough'))
    await expect(loop.runUntilComplete(task)).rejects.toThrow('enough')
    expect([events, loop.time()]).toEqual([['cleaned up as itself'], 3])
  })

  test('goes on in a handle of its own, as the current task', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(function* (): Coroutine<unknown> {
      const value = yield ofTheHost('value')
      return [value, currentTask() !== null]
    })
    expect(seen).toEqual(['value', true])
  })

  test('that settles after the cancellation changes nothing', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    let settle!: (value: string) => void
    const promise = new Promise<string>((resolve) => {
      settle = resolve
    })
    const task = loop.createTask(function* (): Coroutine<string> {
      try {
        push(String(yield promise))
      } catch {
        push('cancelled')
      }
      yield* sleep(10)
      return 'end'
    })
    loop.callSoon(() => {
      task.cancel()
      settle('late')
    })
    expect(await loop.runUntilComplete(task)).toBe('end')
    expect(events).toEqual(['cancelled'])
  })
})

describe('wrap', () => {
  bothForms('cancel takes effect at once and aborts the signal', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    const start = (signal: AbortSignal): Promise<never> => {
      signal.addEventListener('abort', () => {
        push((signal.reason as Error).name, (signal.reason as Error).message)
      })
      return never
    }
    const task = loop.createTask(coroutine(() => loop.wrap(start)))
    loop.callLater(7, () => task.cancel('enough'))
    await expect(loop.runUntilComplete(task)).rejects.toThrow('enough')
    expect([events, loop.time()]).toEqual([['CancelledError', 'enough'], 7])
  })

  test('a rejection is thrown where it is awaited', async () => {
    const loop = newLoop()
    await expect(
      loop.runUntilComplete(async () => {
        await loop.wrap(Promise.reject(new RangeError('foreign')))
      }),
    ).rejects.toThrow(RangeError)
  })

  test('what settles after the cancellation is dropped, a rejection too', async () => {
    const loop = newLoop()
    let reject!: (error: Error) => void
    const future = loop.wrap(
      new Promise((_resolve, given) => {
        reject = given
      }),
    )
    future.cancel()
    reject(new Error('late'))
    await loop.runUntilComplete(() => sleep(1))
    expect(future.cancelled()).toBe(true)
  })

  test('an error of the function itself is thrown at the call', () => {
    const loop = newLoop()
    expect(() =>
      loop.wrap(() => {
        throw new Error('could not start')
      }),
    ).toThrow('could not start')
  })

  test('wrapPromise wraps on the running loop', async () => {
    const loop = newLoop()
    expect(await loop.runUntilComplete(() => wrapPromise(ofTheHost('value')))).toBe('value')
    expect(() => wrapPromise(never)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })

  test('what follows runs in a turn, after what was ready', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    let settle!: (value: null) => void
    const promise = new Promise<null>((resolve) => {
      settle = resolve
    })
    const wrapped = loop.createTask(async () => {
      await loop.wrap(promise)
      push('wrapped')
    })
    const bare = loop.createTask(async () => {
      await promise
      push('bare')
    })
    loop.callLater(1, () => {
      settle(null)
    })
    loop.callLater(1, push, 'next handle')
    await loop.runUntilComplete(() => Promise.all([wrapped, bare]))
    // The bare continuation is a microtask of the handle that settled the promise.
    expect(events).toEqual(['bare', 'next handle', 'wrapped'])
  })
})
