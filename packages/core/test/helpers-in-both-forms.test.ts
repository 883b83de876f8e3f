import { expect, test } from 'vitest'
import type { Coroutine, Future } from '../src/index.ts'
import { call, coroutine, gather, getRunningLoop, run, sleep, timeout, waitFor } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

/** A helper that waits for a future and says how that ended. */
function watching(future: Future<string>, events: string[]) {
  return coroutine(
    (function* (): Coroutine<string> {
      try {
        return yield* future
      } catch (error) {
        events.push((error as Error).name)
        throw error
      }
    })(),
  )
}

test('a generator body runs in an async task, and helpers in it', async () => {
  const { events, push } = recorder()
  await run(
    async () => {
      await timeout(100, function* () {
        yield* sleep(0)
        push('gave way')
        push(
          yield* timeout(50, function* () {
            yield* sleep(1)
            return 'nested'
          }),
        )
        push(yield* gather([async () => 'gathered']))
      })
    },
    { loopFactory: virtualLoop },
  )
  expect(events).toEqual(['gave way', 'nested', ['gathered']])
})

test.each(['async', 'generator'])(
  'waitFor over a helper that was called cancels it where it waits (%s)',
  async (form) => {
    const { events, push } = recorder<string>()
    const attempt = () => waitFor(watching(getRunningLoop().createFuture<string>(), events), 10)
    const asyncMain = async () => {
      await attempt().catch((error: unknown) => {
        push((error as Error).name)
      })
      await sleep(0)
    }
    function* generatorMain(): Coroutine<void> {
      try {
        yield* attempt()
      } catch (error) {
        push((error as Error).name)
      }
      yield* sleep(0)
    }
    await run<void>(form === 'async' ? asyncMain : generatorMain, { loopFactory: virtualLoop })
    expect([...events].sort()).toEqual(['CancelledError', 'TimeoutError'])
  },
)

test('a helper whose wait just ended when it is cancelled hears of it all the same', async () => {
  const { events, push } = recorder<string>()
  await run(
    async () => {
      const future = getRunningLoop().createFuture<string>()
      const pair = gather([watching(future, events)])
      await sleep(0)
      future.setResult('too late')
      pair.cancel()
      await expect(pair).rejects.toThrow(expect.objectContaining({ name: 'CancelledError' }))
      push('the end')
    },
    { loopFactory: virtualLoop },
  )
  expect(events).toEqual(['CancelledError', 'the end'])
})

test('a list, a set or a map that a body returns is its value', async () => {
  const values = [[1, 2], new Set([3]), new Map([[4, 5]]), 'text']
  const results = await virtualLoop().runUntilComplete(function* () {
    const found: unknown[] = []
    for (const value of values) found.push(yield* call(() => value))
    return found
  })
  expect(results).toEqual(values)
})
