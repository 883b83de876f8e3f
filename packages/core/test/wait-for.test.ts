import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { CancelledError, gather, sleep, TimeoutError, waitFor } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

describe('in time', () => {
  test('it gives the result, and leaves no timer', async () => {
    const loop = newLoop()
    expect(await loop.runUntilComplete(() => waitFor(() => sleep(10, 'value'), 1000))).toBe('value')
    expect([loop.statistics().timers, loop.time()]).toEqual([0, 10])
  })

  test('it throws what the source throws', async () => {
    const failing = async (): Promise<never> => {
      throw new RangeError('own error')
    }
    await expect(newLoop().runUntilComplete(() => waitFor(failing, 1000))).rejects.toThrow(RangeError)
  })

  test('null is no limit', async () => {
    expect(await newLoop().runUntilComplete(() => waitFor(sleep(100_000, 'late'), null))).toBe('late')
  })

  test('a limit of 0 takes what is done already', async () => {
    const loop = newLoop()
    const done = loop.createFuture<string>()
    done.setResult('done')
    expect(await loop.runUntilComplete(() => waitFor(done, 0))).toBe('done')
    await expect(loop.runUntilComplete(() => waitFor(loop.createFuture(), -5))).rejects.toBeInstanceOf(TimeoutError)
  })
})

describe('too late', () => {
  bothForms('the source is cancelled, its clean-up awaited, and TimeoutError thrown', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    const source = async (): Promise<void> => {
      try {
        await sleep(1000)
      } finally {
        await sleep(20)
        push('cleaned up')
      }
    }
    const task = loop.createTask(coroutine(() => waitFor(source, 100)))
    await loop.runUntilComplete(task).catch((error: unknown) => {
      push(
        (error as Error).name,
        (error as Error).message,
        (error as Error).cause instanceof CancelledError,
        loop.time(),
      )
    })
    expect(events).toEqual(['cleaned up', 'TimeoutError', 'not done within 100 ms', true, 120])
  })

  test('a result that comes out of the clean-up is given', async () => {
    const declining = async (): Promise<string> => {
      await sleep(1000).catch(() => {})
      return 'late but there'
    }
    expect(await newLoop().runUntilComplete(() => waitFor(declining, 10))).toBe('late but there')
  })

  test('an error that comes out of the clean-up is thrown', async () => {
    const failing = async (): Promise<void> => {
      await sleep(1000).catch(() => {
        throw new Error('clean-up failed')
      })
    }
    await expect(newLoop().runUntilComplete(() => waitFor(failing, 10))).rejects.toThrow('clean-up failed')
  })

  test('a gather is ended with all its items', async () => {
    const loop = newLoop()
    const outcome = await loop.runUntilComplete(async () => {
      const tasks = [loop.createTask(() => sleep(1000)), loop.createTask(() => sleep(2000))]
      const error = await waitFor(gather(tasks), 10).catch((thrown: unknown) => thrown)
      return [(error as Error).name, ...tasks.map((task) => task.cancelled())]
    })
    expect(outcome).toEqual(['TimeoutError', true, true])
  })
})

bothForms('cancelling who waits cancels the source, and waits for its clean-up', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const source = async (): Promise<void> => {
    try {
      await sleep(1000)
    } finally {
      await sleep(5)
      push('cleaned up')
    }
  }
  const task = loop.createTask(coroutine(() => waitFor(source, 500)))
  loop.callLater(1, () => task.cancel('enough'))
  await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
  expect([events, loop.time(), loop.statistics().timers]).toEqual([['cleaned up'], 6, 0])
})

test('a limit that is no number is refused at the call', () => {
  return newLoop().runUntilComplete(async () => {
    expect(() => waitFor(sleep(1), NaN)).toThrow(TypeError)
    expect(() => waitFor(sleep(1), '5' as never)).toThrow(TypeError)
    await sleep(2)
  })
})
