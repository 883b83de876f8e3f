import { allTasks, getRunningLoop, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { PhaseLimits } from '../src/index.ts'
import { exitCodeOf, gracefulShutdown, ShutdownForcedError } from '../src/index.ts'
import { deliver, SIGNAL, virtualProgram } from './support.ts'

test('a phase whose limit has passed is followed by the next, and each step is begun', async () => {
  const events = await virtualProgram(async (options, events) => {
    const loop = getRunningLoop()
    const released = loop.createFuture<void>()
    const began = loop.time()
    const at = (what: string): void => {
      events.push(`${Math.round(loop.time() - began)} ${what}`)
    }
    const hanging = (what: string) => async (): Promise<void> => {
      at(what)
      await released
      at(`${what} ends`)
    }
    const shutdown = gracefulShutdown({
      ...options,
      timeout: 10_000,
      limits: { stopAccepting: 1000, drain: 1000, cancel: 1000, close: 1000 },
    })
    shutdown.stopAccepting(hanging('stop 1'), 'stop 1').stopAccepting(hanging('stop 2'), 'stop 2')
    shutdown.drain(hanging('drain'), 'drain')
    shutdown
      .close(() => {
        at('close 1')
      })
      .close(hanging('close 2'), 'close 2')
      .close(hanging('close 3'), 'close 3')
    deliver()
    loop.callLater(8000, () => {
      released.setResult()
    })
    const report = await shutdown.wait()
    expect(report).toMatchObject({ phase: 'done', errors: [], cancelled: [], unfinished: [] })
  })
  expect(events).toEqual([
    '0 stop 1',
    '0 stop 2',
    '1000 drain',
    // Nothing is to be cancelled. Steps are closed one by one, while there is time.
    '2000 close 3',
    '3000 close 2',
    '3000 close 1',
    '8000 stop 1 ends',
    '8000 stop 2 ends',
    '8000 drain ends',
    '8000 close 3 ends',
    '8000 close 2 ends',
  ])
})

test('what has not ended when all the time is over is reported, with what it waits for', async () => {
  const events = await virtualProgram(async (options, events) => {
    const loop = getRunningLoop()
    const never = loop.createFuture<void>()
    const shutdown = gracefulShutdown({
      ...options,
      timeout: 1000,
      logger: { info: () => {}, error: (line) => events.push(line) },
    })
    shutdown
      .drain(async () => {
        await never
      }, 'mails')
      .close(() => events.push('closed'))
    deliver()
    const forced: unknown = await shutdown.wait().catch((error: unknown) => error)
    expect(forced).toBeInstanceOf(ShutdownForcedError)
    expect((forced as ShutdownForcedError).report).toMatchObject({
      phase: 'close',
      duration: 1000,
      unfinished: [{ name: 'mails', waitsFor: 'Future' }],
    })
    never.setResult()
    while (allTasks().size > 1) await sleep(0)
  })
  expect(events).toEqual([
    'closed',
    "shutdown forced while in phase 'close': not done within 1000 ms",
    'mails did not end; it waits for Future',
    `exit ${exitCodeOf(SIGNAL)}`,
  ])
})

test('steps that come when their phase has been are run at once', async () => {
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown(options)
    shutdown.drain(async () => {
      shutdown.stopAccepting(() => events.push('late stop'))
      shutdown.close(() => events.push('close'))
      await sleep(10)
    })
    shutdown.close(() => {
      shutdown.close(() => events.push('added while closing'))
    })
    deliver()
    await shutdown.wait()
    shutdown.close(() => events.push('after the end'))
    await sleep(0)
  })
  expect(events).toEqual(['late stop', 'close', 'added while closing', 'after the end'])
})

test('without an end of time it waits as long as it takes', async () => {
  await virtualProgram(async (options) => {
    const shutdown = gracefulShutdown({ ...options, timeout: Infinity })
    getRunningLoop().createTask(async () => {
      for (let hour = 0; hour < 24; hour++) await sleep(3_600_000)
    })
    deliver()
    expect(await shutdown.wait()).toMatchObject({ cancelled: [], duration: expect.closeTo(24 * 3_600_000, -1) })
  })
})

test.each<[PhaseLimits, RegExp]>([
  [{ drain: 8000, close: 3000 }, /add up to 11000 ms, more than its timeout of 10000 ms/],
  [{ drain: NaN }, /limit 'drain' of gracefulShutdown is a number of milliseconds, not NaN/],
  [{ close: '5s' as never }, /limit 'close' .* not 5s/],
  [{ drian: 5 } as never, /knows no limit 'drian'; it has stopAccepting, drain, cancel, close/],
])('limits that make no sense are refused: %j', async (limits, why) => {
  await virtualProgram(async (options) => {
    expect(() => gracefulShutdown({ ...options, limits })).toThrow(why)
  })
})
