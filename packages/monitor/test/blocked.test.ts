import { EventLoop, getRunningLoop, InvalidStateError, run, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { describeBlock, LoopMonitor } from '../src/index.ts'
import { collecting, crunch, settled } from './support.ts'

test('a callback that blocks for 500 ms is reported once, by name', async () => {
  const { monitor, reports, reported } = collecting()
  let took = 0
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop)
    loop.callSoon(function compressImages() {
      took = crunch(500)
    })
    await reported(1)
    await settled(monitor, loop, 3)
  })
  expect(reports.map(({ kind, name }) => [kind, name])).toEqual([['callback', 'compressImages']])
  // What is promised: within 20 % of its length.
  expect(Math.abs(reports[0]!.duration - took)).toBeLessThan(0.2 * took)
  expect(reports[0]!.silence).toBeGreaterThan(0.9 * took)
  expect(describeBlock(reports[0]!)).toMatch(/^the loop was blocked for \d{3} ms by compressImages \(callback\)$/)
  expect(monitor.blocked()).toEqual({ count: 1, duration: reports[0]!.duration })
})

test('a step of a task is named by the task and its coroutine function, in both forms', async () => {
  const { monitor, reports, reported } = collecting()
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop)
    const imports = async function importRows(): Promise<void> {
      await sleep(5)
      crunch(500)
    }
    await loop.createTask(imports, { name: 'nightly import' })
    await reported(1)
    await settled(monitor, loop, 1)
    await loop.createTask(
      function* resize() {
        yield* sleep(0)
        crunch(300)
      },
      { name: 'images' },
    )
    await reported(2)
  })
  expect(reports.map(({ kind, name }) => [kind, name])).toEqual([
    ['task', 'nightly import (importRows)'],
    ['task', 'images (resize)'],
  ])
})

test('in debug mode a report says where the callback was scheduled', async () => {
  const { monitor, reports, reported } = collecting()
  await run(
    async () => {
      const loop = getRunningLoop()
      loop.slowCallbackMs = Infinity
      using _monitor = monitor.start()
      await settled(monitor, loop)
      loop.callSoon(crunch, 250)
      await reported(1)
    },
    { debug: true },
  )
  expect(reports[0]!.source).toContain('blocked.test.ts')
})

test('what blocks the thread outside of handles is reported as such', async () => {
  const { monitor, reports, reported } = collecting()
  await run(async () => {
    using _monitor = monitor.start()
    await settled(monitor, getRunningLoop())
    setTimeout(crunch, 0, 400)
    await reported(1)
    await settled(monitor, getRunningLoop())
  })
  expect(reports.map(({ kind, name }) => [kind, name])).toEqual([['outside', 'outside the loop']])
})

test('a loop that stood still between two runs was not blocked', async () => {
  const { monitor, reports } = collecting()
  const loop = new EventLoop()
  monitor.start(loop)
  await loop.runUntilComplete(() => settled(monitor, loop))
  await new Promise((resolve) => setTimeout(resolve, 400))
  await loop.runUntilComplete(() => settled(monitor, loop))
  monitor.stop()
  loop.close()
  expect(reports).toEqual([])
})

test('a block that ends with the monitor is reported', async () => {
  const { monitor, reports } = collecting()
  await run(async () => {
    const loop = getRunningLoop()
    monitor.start()
    await settled(monitor, loop)
    setTimeout(() => {
      crunch(400)
      monitor.stop()
    })
    while (monitor.loop !== null) await sleep(10)
  })
  expect(reports.map(({ kind }) => kind)).toEqual(['outside'])
})

test.each<[string, () => unknown]>([
  [
    'an error',
    () => {
      throw new Error('mail server down')
    },
  ],
  ['a rejection', () => Promise.reject(new Error('mail server down'))],
])('%s of onBlocked goes to the exception handler, and the loop goes on', async (_, onBlocked) => {
  const messages: string[] = []
  const { promise, resolve } = withResolver()
  await run(async () => {
    const loop = getRunningLoop()
    loop.setExceptionHandler((_loop, { message, exception }) => {
      messages.push(`${message}: ${String(exception)}`)
      resolve()
    })
    using monitor = new LoopMonitor({ threshold: 50, onBlocked: onBlocked as () => void })
    monitor.start()
    await settled(monitor, loop, 1)
    loop.callSoon(crunch, 120)
    await promise
  })
  expect(messages).toEqual(['onBlocked of a loop monitor failed: Error: mail server down'])
})

test('without onBlocked a block is a process warning', async () => {
  const { promise, resolve } = withResolver<Error>()
  process.once('warning', resolve)
  await run(async () => {
    using monitor = new LoopMonitor({ threshold: 50 })
    monitor.start()
    await settled(monitor, getRunningLoop(), 1)
    getRunningLoop().callSoon(crunch, 120)
    expect(await promise).toMatchObject({
      name: 'LoopBlockedWarning',
      message: expect.stringMatching(/by crunch \(callback\)$/) as string,
    })
  })
})

test('the lag of a block shows in the distribution with all beats it kept from coming', async () => {
  const { monitor, reported } = collecting()
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop)
    monitor.reset()
    loop.callSoon(crunch, 500)
    await reported(1)
    await settled(monitor, loop, 1)
  })
  const lag = monitor.lag()
  expect(lag.max).toBeGreaterThan(400)
  expect(lag.count).toBeGreaterThanOrEqual(8)
  expect(lag.p50).toBeGreaterThan(100)
})

test('run times are measured when asked for', async () => {
  const { monitor } = collecting({ runTimes: true })
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    loop.callSoon(crunch, 30)
    await settled(monitor, loop, 1)
  })
  expect(monitor.runTimes()!.max).toBeGreaterThanOrEqual(29)
  expect(monitor.lag().count).toBeGreaterThan(0)
  expect(new LoopMonitor().runTimes()).toBeNull()
})

test('wrong options and a wrong start are refused', async () => {
  expect(() => new LoopMonitor({ threshold: 0 })).toThrow(
    new RangeError('the threshold of a loop monitor is a number of milliseconds, at least 1, not 0'),
  )
  expect(() => new LoopMonitor({ interval: NaN })).toThrow(RangeError)
  expect(() => new LoopMonitor({ onBlocked: 'mail' as never })).toThrow(TypeError)
  expect(() => new LoopMonitor().start()).toThrow(InvalidStateError)
  using loop = new EventLoop()
  using first = new LoopMonitor().start(loop)
  expect(() => first.start(loop)).toThrow('this monitor already watches a loop')
  expect(() => new LoopMonitor().start(loop)).toThrow('another monitor watches this loop already')
  first.stop()
  first.stop()
  expect(first.loop).toBeNull()
  using second = new LoopMonitor().start(loop)
  expect(second.loop).toBe(loop)
})

function withResolver<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
