import { expect, test } from 'vitest'
import type { Awaitable, Coroutine } from '../src/index.ts'
import { asCompleted, coroutine, sleep } from '../src/index.ts'
import { programs } from './child.ts'
import { virtualLoop } from './support.ts'

const runProgram = programs()

const held = {
  waitFor: 'waitFor(sleep(1000), 5000)',
  timeout: 'timeout(5000, () => sleep(1000))',
  taskGroup: 'taskGroup(async (group) => { group.createTask(() => sleep(1000)) })',
  wait: 'wait([loop.createFuture()])',
  asCompleted: '[...asCompleted([loop.createFuture()])]',
  'a helper of another package': 'coroutine((function* () { yield* loop.createFuture() })())',
}

test.each(Object.entries(held))('a cancelled task that holds %s is an ordinary cancellation', async (_name, made) => {
  const ended = await runProgram(`
    import * as core from '@loop/core'
    const { asCompleted, coroutine, getRunningLoop, run, sleep, taskGroup, timeout, wait, waitFor } = core
    await run(async () => {
      const loop = getRunningLoop()
      const task = loop.createTask(async () => {
        const held = ${made}
        await sleep(500)
        return held
      })
      await sleep(5)
      task.cancel()
      await task.catch((error) => console.log(error.name))
      await sleep(5)
    })
    console.log('the program goes on')
  `)
  expect({ code: ended.code, lines: ended.lines, stderr: ended.stderr }).toEqual({
    code: 0,
    lines: ['CancelledError', 'the program goes on'],
    stderr: '',
  })
})

test('of a list of entries, the one that is awaited first gets the first result', async () => {
  const loop = virtualLoop()
  const outcomes = await loop.runUntilComplete(async () => {
    const slow = async (): Promise<string> => {
      await sleep(20)
      throw new Error('slow')
    }
    const entries = [...asCompleted([slow, () => sleep(1, 'quick')])]
    const found: string[] = []
    for (const next of entries.reverse()) {
      found.push(
        await next.then(
          (value) => value,
          (error: unknown) => (error as Error).message,
        ),
      )
      await sleep(60)
    }
    return found
  })
  expect(outcomes).toEqual(['quick', 'slow'])
  loop.close()
})

test('a for await that an error has ended can be entered again', async () => {
  const loop = virtualLoop()
  const seen = await loop.runUntilComplete(async () => {
    const failing = async (): Promise<string> => {
      await sleep(15)
      throw new Error('b')
    }
    const results = asCompleted([() => sleep(30, 'c'), failing, () => sleep(1, 'a')])
    const found: string[] = []
    for (let entered = 0; entered < 2; entered++) {
      try {
        for await (const result of results) found.push(result)
      } catch (error) {
        found.push((error as Error).message)
      }
    }
    return found
  })
  expect(seen).toEqual(['a', 'b', 'c'])
  loop.close()
})

test('in a generator task the same awaitable cannot be awaited twice, and says so', async () => {
  const loop = virtualLoop()
  const twice = await loop.runUntilComplete(function* (): Coroutine<unknown[]> {
    const once: Awaitable<string> = coroutine(
      (function* (): Coroutine<string> {
        return 'value'
      })(),
    )
    const first = yield* once
    try {
      return [first, yield* once]
    } catch (error) {
      return [first, (error as Error).name]
    }
  })
  expect(twice).toEqual(['value', 'InvalidStateError'])
  loop.close()
})
