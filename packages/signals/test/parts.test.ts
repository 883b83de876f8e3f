import { getRunningLoop, sleep } from '@loop/core'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { gracefulShutdown } from '../src/index.ts'
import { deliver, program, virtualProgram } from './support.ts'

/** An object with methods that record their calls, and give what `results` says. */
function recording(events: unknown[], name: string, results: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(results).map(([method, result]) => [
      method,
      (...args: unknown[]) => {
        events.push([`${name}.${method}`, ...args.map((each) => JSON.stringify(each))])
        return typeof result === 'function' ? (result as () => unknown)() : result
      },
    ]),
  )
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port)
    }),
  )

test('each part takes part in the phases that concern it', async () => {
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown({
      ...options,
      timeout: 10_000,
      limits: { stopAccepting: 1000, drain: 2000, cancel: 1000, close: 4000 },
      logger: {
        info: (line) => events.push(line.replace('shutdown: ', '')),
        error: (line) => events.push(line),
      },
    })
    shutdown.add(recording(events, 'pool', { submit: null, shutdown: () => sleep(1) }))
    shutdown.add(recording(events, 'database', { query: null, end: () => sleep(1) }))
    shutdown.add(recording(events, 'scheduler', { recurring: null, once: null, close: () => sleep(500) }))
    shutdown.add({
      ...recording(events, 'app', { inject: null, addHook: null, close: () => sleep(700) }),
      server: recording(events, 'app.server', { closeAllConnections: undefined }),
    })
    shutdown.add(
      recording(events, 'server', {
        close: undefined,
        closeClients: undefined,
        abortClients: undefined,
        waitClosed: () => sleep(300),
      }),
    )
    deliver()
    await shutdown.wait()
  })
  expect(events).toEqual([
    'stop accepting',
    ['scheduler.close', '{"timeout":2000}'],
    ['app.close'],
    ['server.close'],
    'drain',
    ['server.waitClosed'],
    'cancel tasks',
    'close',
    ['server.closeClients'],
    ['server.waitClosed'],
    ['app.server.closeAllConnections'],
    ['database.end'],
    ['pool.shutdown', expect.stringMatching(/^"?\{"timeout":\d+/)],
    'done',
  ])
})

test('connections that stay when a server has drained are ended, of servers of any kind', async () => {
  await program(async (options) => {
    const loop = getRunningLoop()
    const servers = [createServer(), createHttpServer()]
    const shutdown = gracefulShutdown({ ...options, timeout: 20_000, limits: { drain: 30 } })
    for (const server of servers) shutdown.add(server)
    const ended = []
    for (const server of servers) {
      const port = await loop.wrap(listening(server))
      const client = connect(port, '127.0.0.1')
      ended.push(new Promise((resolve) => client.on('error', resolve).on('close', resolve)))
      // A request that is not complete keeps an HTTP connection from being idle.
      await loop.wrap(new Promise((resolve) => server.once('connection', resolve)))
      client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n')
    }
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', errors: [], unfinished: [] })
    await loop.wrap(Promise.all(ended))
  })
})

test('a server that begins to listen during the shutdown is closed then, and one that never does is no trouble', async () => {
  await program(async (options) => {
    const loop = getRunningLoop()
    const [late, never] = [createServer(), createServer()]
    const shutdown = gracefulShutdown(options).add(late).add(never)
    shutdown.drain(async () => {
      const closed = new Promise((resolve) => late.once('close', resolve))
      late.listen(0, '127.0.0.1')
      await closed
    })
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', errors: [] })
    expect(loop.isClosed()).toBe(false)
  })
})

test.each([
  [
    'an application without its server',
    { listen() {}, use() {} },
    /add the server, which is what its listen\(\) returned/,
  ],
  ['what has no end', { query() {} }, /\{ query: .* \} has no method to end it/],
])('%s is refused', async (_what, part, why) => {
  await virtualProgram(async (options) => {
    expect(() => gracefulShutdown(options).add(part)).toThrow(why)
  })
})
