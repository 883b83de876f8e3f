import { getRunningLoop, run, sleep, waitFor } from '@loop/core'
import { expect, test } from 'vitest'
import type { DeterministicLoop } from '../src/index.ts'
import { deterministicLoop } from '../src/index.ts'

const here = () => getRunningLoop() as DeterministicLoop

test('time jumps to each deadline and stands still in between', async () => {
  const times: number[] = []
  await run(
    async () => {
      const loop = here()
      times.push(loop.time())
      await sleep(1000)
      times.push(loop.time())
      let n = 0
      for (let i = 0; i < 1e5; i++) n += i
      times.push(loop.time(), n === 0 ? -1 : 0)
      await sleep(0.5)
      times.push(loop.time())
    },
    { loopFactory: deterministicLoop() },
  )
  expect(times).toEqual([0, 1000, 1000, 0, 1000.5])
})

test('a year of a daily timer, by the wall clock', async () => {
  const dayMs = 24 * 60 * 60 * 1000
  const days: string[] = []
  await run(
    function* () {
      const { clock } = here()
      for (let i = 0; i < 365; i++) {
        yield* sleep(dayMs)
        days.push(clock.wallTime().toISOString())
      }
    },
    { loopFactory: deterministicLoop({ start: '2025-03-01T06:30:00Z' }) },
  )
  expect(days.length).toBe(365)
  expect([days[0], days[29], days.at(-1)]).toEqual([
    '2025-03-02T06:30:00.000Z',
    '2025-03-31T06:30:00.000Z',
    '2026-03-01T06:30:00.000Z',
  ])
})

test('the wall clock has whole milliseconds and can stand for Date.now', async () => {
  const seen: unknown[] = []
  await run(
    async () => {
      const { clock } = here()
      const { now } = clock.wall
      seen.push(now(), clock.wallTime().getTime(), here().wallClock.now())
      await sleep(0.6)
      seen.push(now())
    },
    { loopFactory: deterministicLoop({ start: new Date(5000) }) },
  )
  expect(seen).toEqual([5000, 5000, 5000, 5001])
  expect(() => deterministicLoop({ start: 'tomorrow' })()).toThrow("not 'tomorrow'")
})

test('promises, ticks and immediates from outside settle before time moves', async () => {
  const log: string[] = []
  const immediate = () => new Promise<void>((resolve) => setImmediate(resolve))
  await run(
    async () => {
      const loop = here()
      const note = (what: string) => {
        log.push(`${what} at ${loop.time()}`)
      }
      loop.callLater(10, note, 'timer')
      await Promise.resolve()
      note('promise')
      await new Promise<void>((resolve) => {
        process.nextTick(resolve)
      })
      note('tick')
      await immediate()
      note('immediate')
      await sleep(0)
      await (async () => {
        for (let i = 0; i < 3; i++) await immediate()
      })()
      note('three immediates, one after the other')
      await sleep(10)
    },
    { loopFactory: deterministicLoop() },
  )
  expect(log).toEqual([
    'promise at 0',
    'tick at 0',
    'immediate at 0',
    'three immediates, one after the other at 0',
    'timer at 10',
  ])
})

test('with autojump off the test moves time, and each timer runs at its own', async () => {
  const log: string[] = []
  const loop = deterministicLoop({ autojump: false })()
  const done = loop.runUntilComplete(async () => {
    for (const ms of [100, 50, 500]) {
      await sleep(ms)
      log.push(`slept until ${loop.time()}`)
    }
    return 'done'
  })
  await loop.clock.advance(99)
  log.push(`at ${loop.time()}`)
  await loop.clock.advance(1)
  log.push(`at ${loop.time()}`)
  await loop.clock.advance(300)
  log.push(`at ${loop.time()}`)
  await loop.clock.advance(1000)
  expect(await done).toBe('done')
  loop.close()
  expect(log).toEqual(['at 99', 'slept until 100', 'at 100', 'slept until 150', 'at 400', 'slept until 650'])
  await expect(loop.clock.advance(-1)).rejects.toThrow('forward only')
})

test('advance moves the clock of a loop that does not run yet', async () => {
  const loop = deterministicLoop()()
  await loop.clock.advance(250)
  expect(await loop.runUntilComplete(async () => loop.time())).toBe(250)
  loop.close()
})

test('held time does not jump while real work is done', async () => {
  const log: string[] = []
  await run(
    async () => {
      const loop = here()
      const real = () => new Promise<string>((resolve) => setTimeout(resolve, 20, 'answer'))
      {
        using _held = loop.clock.hold()
        log.push(await waitFor(real(), 5), `at ${loop.time()}`)
      }
      await sleep(5)
      log.push(`at ${loop.time()}`)
    },
    { loopFactory: deterministicLoop() },
  )
  expect(log).toEqual(['answer', 'at 0', 'at 5'])
})

test('while an executor of the program works, time is held', async () => {
  const log: unknown[] = []
  const real = {
    submit: (fn: () => unknown) =>
      new Promise((resolve) =>
        setTimeout(() => {
          resolve(fn())
        }, 20),
      ),
    shutdown: async () => {},
  }
  await run(
    async () => {
      const loop = here()
      log.push(
        await waitFor(
          loop.runInExecutor(real, () => 'worked'),
          5,
        ),
        loop.time(),
      )
      loop.setDefaultExecutor(real)
      log.push(
        await waitFor(
          loop.runInExecutor(null, () => 'by default'),
          5,
        ),
        loop.time(),
      )
    },
    { loopFactory: deterministicLoop() },
  )
  expect(log).toEqual(['worked', 0, 'by default', 0])
})
