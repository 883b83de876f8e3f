import { getRunningLoop, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { formatReport, gracefulShutdown } from '../src/index.ts'
import { deliver, program, virtualProgram, SIGNAL } from './support.ts'

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const odd: readonly [string, unknown][] = [
  ['an object without a prototype', Object.create(null)],
  ['a revoked proxy', revoked()],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no message')
      },
    }),
  ],
  ['a symbol', Symbol('odd')],
  ['nothing', undefined],
]

test.each(odd)('a step or a clean-up that throws %s is in the report, and skips nothing', async (_what, thrown) => {
  const events = await virtualProgram(async (options, events) => {
    const lines: string[] = []
    const shutdown = gracefulShutdown({ ...options, logger: { info: () => {}, error: (line) => lines.push(line) } })
    const fails = (): never => {
      throw thrown
    }
    for (const add of ['stopAccepting', 'drain', 'close'] as const)
      shutdown[add](fails, `bad ${add}`)[add](() => events.push(add))
    getRunningLoop().createTask(
      async () => {
        await sleep(60_000).catch(fails)
      },
      { name: 'bad task' },
    )
    await sleep(0)
    deliver()
    const report = await shutdown.wait()
    expect(report.errors.map(({ name, error }) => [name, error === thrown])).toEqual([
      ['bad stopAccepting', true],
      ['bad drain', true],
      ['bad task', true],
      ['bad close', true],
    ])
    expect(formatReport(report)).toHaveLength(5)
    expect(lines).toHaveLength(4)
  })
  expect(events).toEqual(['stopAccepting', 'drain', 'close'])
})

test('a logger and listeners that throw are reported to the loop, and everything is closed all the same', async () => {
  const fail = (what: string) => (): never => {
    throw new Error(what)
  }
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown({
      ...options,
      onSignal: fail('onSignal'),
      logger: { info: fail('info'), error: fail('error') },
    })
    shutdown.signal.addEventListener('abort', () => events.push('aborted'))
    shutdown
      .stopAccepting(() => events.push('server'))
      .close(() => events.push('database'))
      .close(fail('step'))
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done' })
  })
  expect(events.filter((event) => !String(event).startsWith('Error'))).toEqual(['aborted', 'server', 'database'])
  expect([...new Set(events.filter((event) => String(event).startsWith('Error')))]).toEqual([
    'Error: onSignal',
    'Error: info',
    'Error: error',
  ])
})

test('callbacks that fail later are reported to the loop, and do not end the process', async () => {
  const fail = (what: string) => async (): Promise<never> => {
    await sleep(1)
    throw new Error(what)
  }
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown({
      ...options,
      onSignal: fail('onSignal'),
      logger: { info: fail('info'), error: fail('error') },
    })
    shutdown.close(() => sleep(10)).close(() => events.push('database'))
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done' })
    await sleep(10)
  })
  expect([...new Set(events)]).toEqual(['database', 'Error: onSignal', 'Error: info'])
})

test('an exit that throws does not keep the shutdown open', async () => {
  const events = await program(async (options) => {
    const exit = (): never => {
      throw new Error('no exit')
    }
    const shutdown = gracefulShutdown({ ...options, exit, logger: { info: () => {}, error: () => {} } })
    const hanging = getRunningLoop().createFuture<void>()
    shutdown.close(() => hanging)
    deliver()
    await sleep(1)
    deliver()
    await expect(shutdown.wait()).rejects.toThrow(`${SIGNAL} came again`)
    hanging.setResult()
  })
  expect(events).toEqual(['Error: no exit'])
})

test('tasks that wait for each other in a circle, which no request reaches, are reported', async () => {
  await virtualProgram(async (options) => {
    const loop = getRunningLoop()
    const ring: ReturnType<typeof loop.createTask>[] = []
    for (const index of [0, 1])
      ring.push(
        loop.createTask(
          async () => {
            await ring[1 - index]
          },
          { name: `ring ${index}` },
        ),
      )
    await sleep(0)
    const shutdown = gracefulShutdown({ ...options, timeout: 1000, logger: { info: () => {}, error: () => {} } })
    deliver()
    await expect(shutdown.wait()).rejects.toMatchObject({
      report: {
        unfinished: [
          { name: 'ring 0 ((anonymous))', waitsFor: 'ring 1' },
          { name: 'ring 1 ((anonymous))', waitsFor: 'ring 0' },
        ],
      },
    })
  })
})
