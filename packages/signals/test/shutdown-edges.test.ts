import { allTasks, getRunningLoop, sleep, taskGroup } from '@loop/core'
import { afterEach, expect, test } from 'vitest'
import { gracefulShutdown, ShutdownForcedError, SignalNotSupportedError } from '../src/index.ts'
import { deliver, program, SIGNAL } from './support.ts'

afterEach(() => {
  expect([process.listenerCount(SIGNAL), process.listenerCount('SIGHUP')]).toEqual([0, 0])
})

test('a signal and a request that come before wait are not lost', async () => {
  await program(async (options) => {
    const signalled = gracefulShutdown(options)
    deliver()
    await sleep(0)
    expect(await signalled.wait()).toMatchObject({ signal: SIGNAL, phase: 'done' })
    const asked = gracefulShutdown(options)
    asked.request()
    expect(await asked.wait()).toMatchObject({ signal: null, phase: 'done' })
  })
})

test('several wait for it, also after its end, and its phases run once', async () => {
  const events = await program(async (options, events) => {
    const shutdown = gracefulShutdown(options).close(() => events.push('closed'))
    const other = getRunningLoop().createTask(async () => shutdown.wait())
    await sleep(0)
    shutdown.request()
    shutdown.request()
    const report = await shutdown.wait()
    expect([await other, await shutdown.wait()]).toEqual([report, report])
  })
  expect(events).toEqual(['closed'])
})

test('tasks that a clean-up starts and leaves are ended too, before the last phase', async () => {
  const events = await program(async (options, events) => {
    const shutdown = gracefulShutdown(options).close(() => events.push('closed'))
    const loop = getRunningLoop()
    const cleaning = (name: string, then: () => void) => async () => {
      try {
        await sleep(60_000)
      } finally {
        await sleep(0)
        events.push(`${name} cleaned up`)
        then()
      }
    }
    loop.createTask(cleaning('first', () => loop.createTask(cleaning('second', () => {}))))
    await sleep(0)
    shutdown.request()
    await shutdown.wait()
  })
  expect(events).toEqual(['first cleaned up', 'second cleaned up', 'closed'])
})

test('a failing onSignal is reported, and the shutdown begins', async () => {
  const onSignal = (): void => {
    throw new Error('no log')
  }
  const events = await program(async (options) => {
    const shutdown = gracefulShutdown({ ...options, onSignal })
    deliver()
    expect((await shutdown.wait()).phase).toBe('done')
  })
  expect(events).toEqual(['Error: no log'])
})

test('a failing onTimeout and logger are reported, and the end is forced', async () => {
  const fail = (): void => {
    throw new Error('no log')
  }
  const events = await program(async (options) => {
    const logger = { info: () => {}, error: fail }
    const shutdown = gracefulShutdown({ ...options, timeout: 0, onTimeout: fail, logger })
    const hanging = getRunningLoop().createFuture<undefined>()
    shutdown.close(() => hanging)
    shutdown.request()
    await expect(shutdown.wait()).rejects.toThrow(ShutdownForcedError)
    hanging.setResult(undefined)
    while (allTasks().size > 1) await sleep(0)
  })
  expect(events).toEqual(['Error: no log', 'Error: no log', 'exit 143'])
})

test('a cancellation of the waiting task during the phases is thrown after them', async () => {
  const events = await program(async (options, events) => {
    const shutdown = gracefulShutdown(options)
    const record = (name: string) => async (): Promise<void> => {
      await sleep(1)
      events.push(name)
    }
    shutdown.close(record('last')).close(record('first'))
    const failing = async (): Promise<void> => {
      await sleep(60_000).catch(() => {
        throw new Error('clean-up failed')
      })
    }
    const group = taskGroup(async (group) => {
      group.createTask(failing)
      await sleep(0)
      shutdown.request()
      await shutdown.wait()
    })
    await expect(group).rejects.toThrow(AggregateError)
  })
  expect(events).toEqual(['first', 'last'])
})

test('bad input is refused at the call, and leaves no handler', async () => {
  await program(async (options) => {
    expect(() => gracefulShutdown({ ...options, timeout: NaN })).toThrow(/number of milliseconds, not NaN/)
    expect(() => gracefulShutdown({ signals: [SIGNAL, 'SIGHUP'], onReload: () => {} })).toThrow(
      /either reloads or ends/,
    )
    expect(() => gracefulShutdown({ signals: [SIGNAL, 'SIGKILL'], onReload: () => {} })).toThrow(
      SignalNotSupportedError,
    )
    expect([process.listenerCount(SIGNAL), process.listenerCount('SIGHUP')]).toEqual([0, 0])
    const shutdown = gracefulShutdown(options)
    expect(() => shutdown.close(Promise.resolve() as never)).toThrow(/a function, not .+: pass it without calling it/)
    shutdown.request()
    await shutdown.wait()
  })
})

test('a task that waits after an await that the loop cannot see is not cancelled', async () => {
  await program(async (options) => {
    const shutdown = gracefulShutdown(options)
    await Promise.resolve(new Promise((resolve) => setImmediate(resolve)))
    shutdown.request()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', cancelled: [] })
  })
})
