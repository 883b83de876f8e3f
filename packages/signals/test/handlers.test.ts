import { CancelledError, EventLoop, getRunningLoop, LoopClosedError, NotSupportedError, run, sleep } from '@loop/core'
import { afterEach, expect, test } from 'vitest'
import { exitCodeOf, ProcessSignals, signals, SignalNotSupportedError } from '../src/index.ts'
import { canReload, endingSignals } from '../src/process-signals.ts'

const SIGNAL = process.platform === 'win32' ? 'SIGBREAK' : 'SIGUSR2'
const makeLoop = (): EventLoop => new EventLoop({ signals: new ProcessSignals() })
/** Delivers the signal to this process's own handlers, as Node does on its arrival. */
const deliver = (): boolean => process.emit(SIGNAL)

afterEach(() => {
  expect(process.listenerCount(SIGNAL)).toBe(0)
})

test('a handler runs as a handle of the loop, after what was ready, with its arguments', async () => {
  const events: unknown[] = []
  const loopFactory = makeLoop
  await run(
    async () => {
      const loop = getRunningLoop()
      loop.addSignalHandler(SIGNAL, (...args: unknown[]) => events.push(args), 1, 'two')
      loop.callSoon(() => events.push('ready before'))
      deliver()
      events.push('delivered')
      await sleep(0)
      await sleep(0)
    },
    { loopFactory },
  )
  expect(events).toEqual(['delivered', 'ready before', [1, 'two']])
})

test('nothing is installed until a handler is added, and closing the loop removes it', () => {
  const loop = makeLoop()
  expect(process.listenerCount(SIGNAL)).toBe(0)
  loop.addSignalHandler(SIGNAL, () => {})
  loop.addSignalHandler(SIGNAL, () => {})
  expect(process.listenerCount(SIGNAL)).toBe(1)
  loop.close()
  expect(process.listenerCount(SIGNAL)).toBe(0)
  expect(() => {
    loop.addSignalHandler(SIGNAL, () => {})
  }).toThrow(LoopClosedError)
})

test('coroutine functions are refused, with what to do instead', () => {
  using loop = makeLoop()
  for (const callback of [async () => {}, function* () {}, async function* () {}]) {
    expect(() => {
      loop.addSignalHandler(SIGNAL, callback)
    }).toThrow(/plain function; set an Event/)
  }
})

test.each([
  ['SIGKILL', /cannot be handled/],
  ['SIGSTOP', /cannot be handled/],
  ['SIGSEGV', /fault of the program/],
  ['SIGNONE', /no signal of this system/],
  ['sigterm', /no signal of this system/],
])('%s is refused by name', (signal, why) => {
  using loop = makeLoop()
  expect(() => {
    loop.addSignalHandler(signal, () => {})
  }).toThrow(SignalNotSupportedError)
  expect(() => {
    loop.addSignalHandler(signal, () => {})
  }).toThrow(why)
})

test('a loop without a signal source names the package to install', () => {
  using loop = new EventLoop()
  expect(() => {
    loop.addSignalHandler(SIGNAL, () => {})
  }).toThrow(NotSupportedError)
  expect(() => loop.removeSignalHandler(SIGNAL)).toThrow(/@loop\/signals/)
})

test('the iterator gives signals in order, also those that came before it was asked', async () => {
  const seen: string[] = []
  await run(
    async () => {
      const arriving = signals([SIGNAL])
      deliver()
      deliver()
      await sleep(0)
      await sleep(0)
      for await (const signal of arriving) if (seen.push(signal) === 2) break
    },
    { loopFactory: makeLoop },
  )
  expect(seen).toEqual([SIGNAL, SIGNAL])
})

test('ending the iteration ends those who wait for it', async () => {
  await run(
    async () => {
      const arriving = signals([SIGNAL])
      const next = arriving.next()
      await sleep(0)
      arriving[Symbol.dispose]()
      expect(await next).toEqual({ done: true, value: undefined })
    },
    { loopFactory: makeLoop },
  )
})

test('cancelling the task that iterates removes the handlers', async () => {
  await run(
    async () => {
      const task = getRunningLoop().createTask(async () => {
        for await (const signal of signals([SIGNAL])) throw new Error(signal)
      })
      await sleep(0)
      expect(process.listenerCount(SIGNAL)).toBe(1)
      task.cancel()
      await expect(task).rejects.toThrow(CancelledError)
      expect(process.listenerCount(SIGNAL)).toBe(0)
    },
    { loopFactory: makeLoop },
  )
})

test('a bad name installs none of the others', async () => {
  await run(
    async () => {
      expect(() => signals([SIGNAL, 'SIGKILL'])).toThrow(SignalNotSupportedError)
    },
    { loopFactory: makeLoop },
  )
})

test('exit codes are 128 and the number of the signal', () => {
  expect([exitCodeOf('SIGINT'), exitCodeOf('SIGTERM'), exitCodeOf('SIGHUP')]).toEqual([130, 143, 129])
})

test('what ends a program is Ctrl+C and SIGTERM, on Windows also what else its console tells', () => {
  expect(endingSignals('linux')).toEqual(['SIGINT', 'SIGTERM'])
  expect(endingSignals('win32')).toEqual(['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'])
  expect([canReload('linux'), canReload('win32')]).toEqual([true, false])
})

test('each signal that ends a program by default can be handled on this system', () => {
  const source = new ProcessSignals()
  for (const signal of endingSignals()) source.add(signal, () => {})
  source.close()
  expect(endingSignals().map((signal) => process.listenerCount(signal))).toEqual(endingSignals().map(() => 0))
})
