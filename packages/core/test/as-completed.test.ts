import { afterEach, expect, expectTypeOf, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { asCompleted, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

const items = (): (() => Promise<string>)[] => [
  async () => sleep(30, 'slow'),
  async () => sleep(10, 'quick'),
  async () => sleep(20, 'middle'),
]

test('results come as they are ready: async task, for', async () => {
  const loop = newLoop()
  const results = await loop.runUntilComplete(async () => {
    const list: string[] = []
    for (const next of asCompleted(items())) list.push(await next)
    return list
  })
  expectTypeOf(results).toEqualTypeOf<string[]>()
  expect(results).toEqual(['quick', 'middle', 'slow'])
})

test('generator task, for', async () => {
  const results = await newLoop().runUntilComplete(function* (): Coroutine<string[]> {
    const list: string[] = []
    for (const next of asCompleted(items())) list.push(yield* next)
    return list
  })
  expect(results).toEqual(['quick', 'middle', 'slow'])
})

test('async task, for await', async () => {
  const results = await newLoop().runUntilComplete(async () => {
    const list: string[] = []
    for await (const result of asCompleted(items())) list.push(result)
    return list
  })
  expect(results).toEqual(['quick', 'middle', 'slow'])
})

test('what is done already comes first, and an item given twice once', async () => {
  const loop = newLoop()
  const results = await loop.runUntilComplete(async () => {
    const done = loop.createFuture<string>()
    done.setResult('done')
    const list: string[] = []
    for await (const result of asCompleted([...items(), done, done])) list.push(result)
    return list
  })
  expect(results).toEqual(['done', 'quick', 'middle', 'slow'])
})

test('an error is thrown in its turn, and the rest can be had', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const failing = async (): Promise<string> => {
    await sleep(15)
    throw new Error('failed')
  }
  await loop.runUntilComplete(async () => {
    for (const next of asCompleted([...items(), failing])) {
      push(
        await next.then(
          (value) => value,
          (error: unknown) => (error as Error).message,
        ),
      )
    }
  })
  expect(events).toEqual(['quick', 'failed', 'middle', 'slow'])
})

test('several may wait at once: they are served in the order in which they came', async () => {
  const loop = newLoop()
  const results = await loop.runUntilComplete(async () => {
    const [first, second, third] = [...asCompleted(items())]
    return Promise.all([first, second, third])
  })
  expect(results).toEqual(['quick', 'middle', 'slow'])
})

test('after the timeout, each that is missing throws TimeoutError; nothing is cancelled', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  await loop.runUntilComplete(async () => {
    const tasks = items().map((item) => loop.createTask(item))
    for (const next of asCompleted(tasks, { timeout: 15 })) {
      push(
        await next.then(
          (value) => value,
          (error: unknown) => (error as Error).name,
        ),
      )
    }
    push(String(loop.time()))
    push(...(await Promise.all(tasks)))
  })
  expect(events).toEqual(['quick', 'TimeoutError', 'TimeoutError', '15', 'slow', 'quick', 'middle'])
})

test('a timeout that was not needed leaves no timer', async () => {
  const loop = newLoop()
  await loop.runUntilComplete(async () => {
    for await (const _ of asCompleted(items(), { timeout: 1000 })) continue
  })
  expect(loop.statistics().timers).toBe(0)
})

test('of nothing there is nothing', async () => {
  const results = await newLoop().runUntilComplete(async () => [...asCompleted([], { timeout: 5 })])
  expect(results).toEqual([])
})

test('a function given twice runs twice, a future given twice counts once', async () => {
  const results = await newLoop().runUntilComplete(async () => {
    const twice = async (): Promise<string> => sleep(10, 'function')
    const future = sleep(20, 'future')
    const found: string[] = []
    for await (const result of asCompleted([twice, twice, future, future])) found.push(result)
    return found
  })
  expect(results).toEqual(['function', 'function', 'future'])
})

test('who is cancelled after being woken wakes the next who waits', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  await loop.runUntilComplete(function* (): Coroutine<void> {
    const result = loop.createFuture<string>()
    const never = loop.createFuture<string>()
    const entries = [...asCompleted([result, never])]
    const takers = entries.map((entry, index) =>
      loop.createTask(function* (): Coroutine<void> {
        push(`${index} got ${yield* entry}`)
      }),
    )
    yield* sleep(1)
    // Its callback comes after the one that wakes the first taker, in the same turn.
    result.addDoneCallback(() => takers[0]!.cancel())
    result.setResult('it')
    yield* sleep(1)
    push(...takers.map((taker) => (taker.cancelled() ? 'cancelled' : String(taker.done()))))
  })
  expect(events).toEqual(['1 got it', 'cancelled', 'true'])
})
