import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { asCompleted, getRunningLoop, runningLoop, sleep, timeout, timeoutAt, wait, waitFor } from '../src/index.ts'
import { leakCheck, memoryPipe, recorder, VirtualClock } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

/** An error with this name, whose message contains `part`. */
const named = (name: string, part = '') => expect.objectContaining({ name, message: expect.stringContaining(part) })

describe('a time that is no number', () => {
  const bad: [string, unknown, string][] = [
    ['NaN', NaN, 'NaN'],
    ['text', '100', 'string'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'object'],
    ['a bigint', 5n, 'bigint'],
  ]
  test.each(bad)('%s', async (_name, value, told) => {
    const loop = newLoop()
    const ms = value as number
    expect(() => loop.callLater(ms, () => {})).toThrow(named('TypeError', told))
    expect(() => loop.callAt(ms, () => {})).toThrow(named('TypeError', told))
    await loop.runUntilComplete(async () => {
      expect(() => sleep(ms)).toThrow(named('TypeError', told))
    })
    expect(loop.statistics().timers).toBe(0)
  })

  test.each(bad.filter(([name]) => name !== 'undefined'))('as a timeout: %s', async (_name, value) => {
    const loop = newLoop()
    const ms = value as number
    await loop.runUntilComplete(async () => {
      const future = loop.createFuture()
      expect(() => wait([future], { timeout: ms })).toThrow(named('TypeError'))
      expect(() => asCompleted([future], { timeout: ms })).toThrow(named('TypeError'))
      await expect(loop.shutdownDefaultExecutor(ms)).rejects.toThrow(named('TypeError'))
      if (ms === null) return
      expect(() => waitFor(future, ms)).toThrow(named('TypeError'))
      expect(() => timeout(ms, async () => {})).toThrow(named('TypeError'))
      expect(() => timeoutAt(ms, async () => {})).toThrow(named('TypeError'))
      await timeout(null, async (scope) => {
        expect(() => {
          scope.reschedule(ms)
        }).toThrow(named('TypeError', 'reschedule'))
      })
    })
    expect(loop.statistics().timers).toBe(0)
  })
})

test('a negative delay is due now, in the order of deadlines', async () => {
  const loop = newLoop()
  const { events, push } = recorder<number>()
  loop.callLater(-1, push, -1)
  loop.callLater(0, push, 0)
  loop.callLater(-5, push, -5)
  await loop.runUntilComplete(() => sleep(-100))
  await loop.runUntilComplete(() => sleep(0))
  expect([events, loop.time()]).toEqual([[-5, -1, 0], 0])
})

describe('a callback that is no function', () => {
  test.each(['callSoon', 'callSoonThreadsafe'] as const)('%s', (method) => {
    const loop = newLoop()
    expect(() => loop[method]('f' as never)).toThrow(named('TypeError', "not 'f'"))
    expect(loop.statistics().ready).toBe(0)
  })

  test('timers, readers and writers', () => {
    const loop = newLoop()
    const { reader, writer } = memoryPipe()
    expect(() => loop.callLater(1, undefined as never)).toThrow(named('TypeError', 'not undefined'))
    expect(() => loop.callAt(1, {} as never)).toThrow(named('TypeError', 'not {}'))
    expect(() => {
      loop.addReader(reader, null as never)
    }).toThrow(named('TypeError', 'addReader'))
    expect(() => {
      loop.addWriter(writer, null as never)
    }).toThrow(named('TypeError', 'addWriter'))
    expect(loop.statistics()).toMatchObject({ timers: 0, sources: 0 })
  })
})

describe('a coroutine that is none', () => {
  test('a promise already runs; createTask names ensureFuture', () => {
    const loop = newLoop()
    expect(() => loop.createTask(Promise.resolve() as never)).toThrow(named('TypeError', 'ensureFuture'))
    expect(() => loop.createTask(undefined as never)).toThrow(named('TypeError'))
  })

  test('runUntilComplete takes functions, futures and promises', async () => {
    const loop = newLoop()
    await expect(loop.runUntilComplete(5 as never)).rejects.toThrow(named('TypeError', 'not 5'))
    expect(loop.isRunning()).toBe(false)
  })
})

describe('use after close', () => {
  const uses: [string, (loop: EventLoop) => unknown][] = [
    ['callSoon', (loop) => loop.callSoon(() => {})],
    ['callSoonThreadsafe', (loop) => loop.callSoonThreadsafe(() => {})],
    ['callLater', (loop) => loop.callLater(1, () => {})],
    ['callAt', (loop) => loop.callAt(1, () => {})],
    ['createTask', (loop) => loop.createTask(async () => {})],
    ['runForever', (loop) => loop.runForever()],
    ['runInExecutor', (loop) => loop.runInExecutor(null, () => {})],
    [
      'addReader',
      (loop) => {
        loop.addReader(memoryPipe().reader, () => {})
      },
    ],
    [
      'addWriter',
      (loop) => {
        loop.addWriter(memoryPipe().writer, () => {})
      },
    ],
    [
      'addSignalHandler',
      (loop) => {
        loop.addSignalHandler('SIGHUP', () => {})
      },
    ],
  ]
  test.each(uses)('%s', (_name, use) => {
    const loop = virtualLoop()
    loop.close()
    expect(() => use(loop)).toThrow(named('LoopClosedError', 'closed'))
  })

  test('runUntilComplete', async () => {
    const loop = virtualLoop()
    loop.close()
    await expect(loop.runUntilComplete(async () => {})).rejects.toThrow(named('LoopClosedError'))
  })
})

describe('running', () => {
  test('a second run of a running loop', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      expect(() => loop.runForever()).toThrow(named('InvalidStateError', 'already running'))
      await expect(loop.runUntilComplete(async () => {})).rejects.toThrow(named('InvalidStateError', 'already running'))
    })
  })

  test('closing a running loop', async () => {
    const loop = newLoop()
    await loop.runUntilComplete(async () => {
      expect(() => {
        loop.close()
      }).toThrow(named('InvalidStateError', 'stop'))
    })
  })

  test('a loop that is stopped before the future is done', async () => {
    const loop = newLoop()
    const future = loop.createFuture()
    loop.callSoon(() => {
      loop.stop()
    })
    await expect(loop.runUntilComplete(future)).rejects.toThrow(
      named('InvalidStateError', 'before the future was done'),
    )
    expect(loop.isRunning()).toBe(false)
  })

  test('what needs a running loop says so', () => {
    expect(runningLoop()).toBeNull()
    expect(() => getRunningLoop()).toThrow(named('InvalidStateError', 'run(main)'))
    expect(() => sleep(1)).toThrow(named('InvalidStateError', 'sleep()'))
  })
})

describe('what is not wired', () => {
  test('an executor: the error names the package', () => {
    const loop = newLoop()
    expect(() => loop.runInExecutor(null, () => {})).toThrow(named('NotSupportedError', '@loop/executor'))
  })

  test('signals: the error names the package', () => {
    const loop = newLoop()
    expect(() => {
      loop.addSignalHandler('SIGHUP', () => {})
    }).toThrow(named('NotSupportedError', '@loop/signals'))
    expect(() => loop.removeSignalHandler('SIGHUP')).toThrow(named('NotSupportedError', '@loop/signals'))
  })
})

describe('a virtual clock', () => {
  test('moves forward only', () => {
    const clock = new VirtualClock(100)
    expect(() => {
      clock.advance(-1)
    }).toThrow(RangeError)
    expect(() => {
      clock.advance(NaN)
    }).toThrow(RangeError)
    clock.moveTo(50)
    clock.advance(5)
    expect(clock.now()).toBe(105)
  })
})
