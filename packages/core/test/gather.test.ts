import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import type { Coroutine, EventLoop, Future } from '../src/index.ts'
import { CancelledError, gather, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

const after = (ms: number, value: string) => async (): Promise<string> => sleep(ms, value)
const failAfter = (ms: number, message: string) => async (): Promise<never> => {
  await sleep(ms)
  throw new Error(message)
}

describe('results', () => {
  bothForms('come in the order of the items, whichever ended first', async ({ coroutine }) => {
    const loop = newLoop()
    let gathered: Future<unknown> | undefined
    await loop.runUntilComplete(
      coroutine(() => (gathered = gather([after(30, 'a'), after(10, 'b'), Promise.resolve('c'), sleep(20, 'd')]))),
    )
    expect([gathered!.result(), loop.time()]).toEqual([['a', 'b', 'c', 'd'], 30])
  })

  test('of nothing are an empty list', async () => {
    expect(await newLoop().runUntilComplete(() => gather([]))).toEqual([])
  })

  test('a future given twice is one, a function given twice is two tasks', async () => {
    const loop = newLoop()
    let calls = 0
    const counting = async (): Promise<number> => ++calls
    const results = await loop.runUntilComplete(async () => {
      const task = loop.createTask(after(1, 'same'))
      return gather([task, counting, task, counting])
    })
    expect(results).toEqual(['same', 1, 'same', 2])
  })

  test('have the types of the items', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      const results = await gather([
        async () => 1,
        function* (): Coroutine<string> {
          return 'two'
        },
        Promise.resolve(true),
        loop.createTask(async () => null),
        sleep(1, new Date(0)),
      ])
      expectTypeOf(results).toEqualTypeOf<[number, string, boolean, null, Date]>()
      const settled = await gather([async () => 1], { returnExceptions: true })
      expectTypeOf(settled).toEqualTypeOf<unknown[]>()
    })
  })
})

describe('failures', () => {
  test('the first is thrown at once, and the others go on', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      const slow = loop.createTask(after(50, 'slow'))
      try {
        await gather([slow, failAfter(10, 'first'), failAfter(20, 'second')])
      } catch (error) {
        push((error as Error).message, loop.time(), slow.done())
      }
      push(await slow)
    })
    expect(events).toEqual(['first', 10, false, 'slow'])
  })

  test('returnExceptions makes results of them, cancellations too', async () => {
    const loop = newLoop()
    const results = await loop.runUntilComplete(async () => {
      const cancelled = loop.createTask(after(1000, 'never'))
      cancelled.cancel()
      return gather([after(1, 'a'), failAfter(2, 'b'), cancelled], { returnExceptions: true })
    })
    expect(results).toEqual(['a', new Error('b'), expect.any(CancelledError)])
  })

  test('a child that was cancelled cancels the gather, but not its siblings', async () => {
    const loop = newLoop()
    const outcome = await loop.runUntilComplete(async () => {
      const [one, two] = [loop.createTask(after(1000, 'one')), loop.createTask(after(5, 'two'))]
      loop.callLater(1, () => one.cancel())
      const error = await gather([one, two]).catch((thrown: unknown) => thrown)
      return [(error as Error).name, two.done(), await two]
    })
    expect(outcome).toEqual(['CancelledError', false, 'two'])
  })
})

describe('cancellation', () => {
  bothForms('of who awaits it cancels every item', async ({ coroutine }) => {
    const loop = newLoop()
    const children = [1000, 2000].map((ms) => loop.createTask(coroutine(() => sleep(ms))))
    const task = loop.createTask(coroutine(() => gather(children)))
    loop.callLater(5, () => task.cancel('enough'))
    await expect(loop.runUntilComplete(task)).rejects.toThrow('enough')
    expect(children.map((child) => child.cancelled())).toEqual([true, true])
  })

  test('of the gather itself is refused once all items are done', async () => {
    const loop = newLoop()
    const outcome = await loop.runUntilComplete(async () => {
      const gathered = gather([after(0, 'a')])
      const early = gathered.cancel()
      await gathered.catch(() => {})
      return [early, gathered.cancel()]
    })
    expect(outcome).toEqual([true, false])
  })

  test('a gather that was cancelled is cancelled, even if its children decline', async () => {
    const loop = newLoop()
    const declining = async (): Promise<string> => {
      await sleep(1000).catch(() => {})
      return 'declined'
    }
    const gathered = await loop.runUntilComplete(async () => {
      const inner = gather([declining], { returnExceptions: true })
      loop.callLater(1, () => inner.cancel())
      return inner.catch((error: unknown) => (error as Error).name)
    })
    expect(gathered).toBe('CancelledError')
  })
})

test('outside a running loop there is nothing to gather on', () => {
  expect(() => gather([])).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
})
