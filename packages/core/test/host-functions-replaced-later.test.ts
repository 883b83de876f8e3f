import { afterEach, expect, test, vi } from 'vitest'
import { programs } from './child.ts'
import { run, sleep, waitFor } from '../src/index.ts'

const runProgram = programs()

afterEach(() => {
  vi.useRealTimers()
})

test('fake timers of a test tool do not stop a loop on real time', async () => {
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'performance',
      'Date',
    ],
  })
  const outcome = await run(async () => {
    await sleep(5)
    await sleep(0)
    return waitFor(sleep(60_000), 10).catch((error: unknown) => (error as Error).name)
  })
  expect(outcome).toBe('TimeoutError')
})

test('nor do functions that are replaced in their modules and on their objects', async () => {
  const { lines, stderr } = await runProgram(`
    import { createRequire, syncBuiltinESMExports } from 'node:module'
    import { run, sleep, waitFor } from '@loop/core'
    const require = createRequire(import.meta.url)
    const nothing = () => 1
    for (const object of [require('node:timers'), globalThis]) {
      for (const name of ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'queueMicrotask']) object[name] = nothing
    }
    require('node:perf_hooks').performance.now = () => 0
    process.nextTick = nothing
    process.hrtime = nothing
    Date.now = () => 0
    syncBuiltinESMExports()
    for (const drain of ['auto', 'public']) {
      const { EventLoop } = await import('@loop/core')
      await run(async () => {
        await sleep(5)
        console.log(await waitFor(sleep(60_000), 10).catch((error) => error.name))
      }, { loopFactory: () => new EventLoop({ drain }) })
    }
  `)
  expect([lines, stderr]).toEqual([['TimeoutError', 'TimeoutError'], ''])
})
