import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import type { EventLoop, Future, ReturnWhen, Task, Waited } from '../src/index.ts'
import { sleep, wait } from '../src/index.ts'
import { leakCheck } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

/** Three tasks: "a" fails at 20, "b" ends at 10, "c" ends at 30. */
function three(loop: EventLoop): Task<string>[] {
  const failing = async (): Promise<string> => {
    await sleep(20)
    throw new Error('a failed')
  }
  return [
    loop.createTask(failing, { name: 'a' }),
    loop.createTask(() => sleep(10, 'b'), { name: 'b' }),
    loop.createTask(() => sleep(30, 'c'), { name: 'c' }),
  ]
}

const names = (futures: Iterable<unknown>): string[] => [...futures].map((task) => (task as Task).getName())

describe('returnWhen', () => {
  const cases: [ReturnWhen | undefined, string[], string[], number][] = [
    [undefined, ['a', 'b', 'c'], [], 30],
    ['ALL_COMPLETED', ['a', 'b', 'c'], [], 30],
    ['FIRST_COMPLETED', ['b'], ['a', 'c'], 10],
    ['FIRST_EXCEPTION', ['a', 'b'], ['c'], 20],
  ]
  test.each(cases)('%s', async (returnWhen, done, pending, at) => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      const tasks = three(loop)
      const waited = await wait(tasks, returnWhen === undefined ? {} : { returnWhen })
      expect([names(waited.done), names(waited.pending), loop.time()]).toEqual([done, pending, at])
      // Nothing was cancelled.
      await sleep(100)
      expect(tasks.map((task) => task.cancelled())).toEqual([false, false, false])
      tasks[0]!.exception()
    })
  })
})

test('a timeout returns what there is, and throws nothing', async () => {
  const loop = newLoop()
  await loop.runUntilComplete(async () => {
    const tasks = three(loop)
    const { done, pending } = await wait(tasks, { timeout: 15 })
    expect([names(done), names(pending), loop.time()]).toEqual([['b'], ['a', 'c'], 15])
    await wait(tasks)
    tasks[0]!.exception()
  })
})

test('the timer of a timeout that was not needed is cancelled', async () => {
  const loop = newLoop()
  await loop.runUntilComplete(async () => {
    await wait([loop.createTask(() => sleep(1))], { timeout: 1000 })
  })
  expect(loop.statistics().timers).toBe(0)
})

test('cancelling who waits cancels nothing else', async () => {
  const loop = newLoop()
  const slow = loop.createTask(() => sleep(50, 'slow'))
  const waiting = loop.createTask(async () => {
    await wait([slow])
  })
  loop.callLater(1, () => waiting.cancel())
  await expect(loop.runUntilComplete(waiting)).rejects.toThrow(expect.objectContaining({ name: 'CancelledError' }))
  expect(await loop.runUntilComplete(slow)).toBe('slow')
})

bothForms('futures that are done already return in the next turn', async ({ coroutine }) => {
  const loop = newLoop()
  const future = loop.createFuture<string>()
  future.setResult('done')
  let waited: Waited<Future<string>> | undefined
  await loop.runUntilComplete(
    coroutine(() =>
      wait([future]).then((result) => {
        waited = result
      }),
    ),
  )
  expect([...waited!.done]).toEqual([future])
  expectTypeOf(waited!).toEqualTypeOf<Waited<Future<string>>>()
})

describe('bad input', () => {
  test('nothing to wait for, an unknown returnWhen, and what is no future', () => {
    const loop = newLoop()
    return loop.runUntilComplete(async () => {
      expect(() => wait([])).toThrow(RangeError)
      expect(() => wait([loop.createFuture()], { returnWhen: 'SOMETIMES' as ReturnWhen })).toThrow(/FIRST_COMPLETED/)
      expect(() => wait([Promise.resolve()] as never)).toThrow(TypeError)
      expect(() => wait([async () => {}] as never)).toThrow(/createTask/)
    })
  })
})
