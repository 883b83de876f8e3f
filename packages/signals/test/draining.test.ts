import { CancelledError, gather, getRunningLoop, sleep, taskGroup } from '@loop/core'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { gracefulShutdown } from '../src/index.ts'
import { deliver, program, virtualProgram } from './support.ts'

async function listen(handler: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(handler)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test.each([
  [
    'its step closes the server',
    (server: Server) => () => {
      server.close()
    },
  ],
  ['the server was added', null],
])(
  'requests that have begun are answered, in tasks and in callbacks, and none after them: %s',
  async (_way, stepOf) => {
    await program(async (options) => {
      const loop = getRunningLoop()
      const begun = loop.createFuture<void>()
      const gate = loop.createFuture<void>()
      let count = 0
      const { server, url } = await listen((_request, response) => {
        if (++count % 2 === 0)
          loop.createTask(async () => {
            await gate
            response.end('answer')
          })
        else
          gate.addDoneCallback(() => {
            response.end('answer')
          })
        if (count === 100)
          loop.callSoon(() => {
            begun.setResult()
          })
      })
      const shutdown = gracefulShutdown(options)
      if (stepOf === null) shutdown.add(server)
      else shutdown.stopAccepting(stepOf(server))
      const requests = Array.from({ length: 100 }, async () => {
        const response = await fetch(url)
        return [response.headers.get('connection'), await response.text()]
      })
      await begun
      deliver()
      while (server.listening) await sleep(1)
      await expect(loop.wrap(fetch(url))).rejects.toThrow('fetch failed')
      gate.setResult()
      const closed = loop.wrap(new Promise((resolve) => server.once('close', resolve)))
      expect(await shutdown.wait()).toMatchObject({ phase: 'done', cancelled: [], errors: [] })
      // Connections that are kept alive would hold the server, and the process, for seconds.
      await closed
      expect(await loop.wrap(Promise.all(requests))).toEqual(Array.from({ length: 100 }, () => ['close', 'answer']))
    })
  },
)

test('a request that gets no answer is reported, and its connection ended', async () => {
  await program(async (options) => {
    const loop = getRunningLoop()
    const arrived = loop.createFuture<void>()
    const { server, url } = await listen(() => {
      arrived.setResult()
    })
    const shutdown = gracefulShutdown({ ...options, timeout: 20_000, limits: { drain: 20 } }).stopAccepting(() => {
      server.close()
    })
    const request = fetch(`${url}/slow?x=1`).catch((error: unknown) => (error as Error).message)
    await arrived
    deliver()
    const { phase, cancelled } = await shutdown.wait()
    expect({ phase, cancelled }).toEqual({
      phase: 'done',
      cancelled: [{ name: 'request GET /slow?x=1', waitsFor: 'its answer' }],
    })
    expect(await loop.wrap(request)).toBe('fetch failed')
  })
})

test('a request whose client has gone is not waited for', async () => {
  await program(async (options) => {
    const loop = getRunningLoop()
    const arrived = loop.createFuture<void>()
    const { server } = await listen(() => {
      arrived.setResult()
    })
    const shutdown = gracefulShutdown({ ...options, timeout: Infinity }).add(server)
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1', () =>
      client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    )
    await arrived
    deliver()
    await sleep(5)
    client.destroy()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', cancelled: [] })
  })
})

test('tasks that end in time end by themselves', async () => {
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown(options).close(() => events.push('closed'))
    for (let job = 0; job < 20; job++) {
      getRunningLoop().createTask(async () => {
        await sleep(100 * job)
        events.push(job)
      })
    }
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', cancelled: [], duration: expect.closeTo(1900, -2) })
  })
  expect(events).toEqual([...Array.from({ length: 20 }, (_, job) => job), 'closed'])
})

test('what sleeps for longer than there is time is cancelled at once, and so is what waits for it', async () => {
  await virtualProgram(async (options) => {
    const shutdown = gracefulShutdown({ ...options, timeout: 10_000 })
    const loop = getRunningLoop()
    const sleeper = loop.createTask(
      async function poll() {
        for (;;) await sleep(60_000)
      },
      { name: 'sleeper' },
    )
    loop.createTask(
      async () => {
        await sleeper
      },
      { name: 'waits for it' },
    )
    loop.createTask(
      async () => {
        await gather([gather([sleeper]), sleep(1)])
      },
      { name: 'gathers it' },
    )
    await sleep(0)
    deliver()
    const { cancelled, duration } = await shutdown.wait()
    expect(cancelled.map(({ name }) => name.replace(' ((anonymous))', '')).sort()).toEqual([
      'gathers it',
      'sleeper (poll)',
      'waits for it',
    ])
    expect(duration).toBeLessThan(100)
  })
})

test('work without an end is cancelled when its time is over, or at the beginning by the signal of the shutdown', async () => {
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown({ ...options, timeout: 60_000, limits: { drain: 3000 } })
    const loop = getRunningLoop()
    const poll = (name: string) => async (): Promise<void> => {
      try {
        for (;;) await sleep(100)
      } finally {
        await sleep(10)
        events.push(`${name} cleaned up`)
      }
    }
    loop.createTask(poll('told'), { name: 'told', signal: shutdown.signal })
    loop.createTask(poll('untold'), { name: 'untold' })
    loop.createTask(async () => {
      await sleep(500)
      events.push('request answered')
    })
    await sleep(0)
    deliver()
    const report = await shutdown.wait()
    expect(report).toMatchObject({
      cancelled: [{ name: 'untold ((anonymous))', waitsFor: 'Sleep' }],
      duration: expect.closeTo(3010, -2),
    })
  })
  expect(events).toEqual(['told cleaned up', 'request answered', 'untold cleaned up'])
})

test('tasks inside of others are cancelled once, through those: a second time would cut their clean-up', async () => {
  const events = await virtualProgram(async (options, events) => {
    const shutdown = gracefulShutdown(options)
    const child = (name: string) => async (): Promise<void> => {
      try {
        await sleep(60_000)
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        await sleep(100)
        events.push(`${name} cleaned up`)
        throw error
      }
    }
    getRunningLoop().createTask(async () => {
      await taskGroup(async (group) => {
        group.createTask(child('in a group'))
        await sleep(0)
      })
    })
    const direct = getRunningLoop().createTask(child('awaited'))
    getRunningLoop().createTask(async () => {
      await direct
    })
    await sleep(0)
    await sleep(0)
    deliver()
    expect(await shutdown.wait()).toMatchObject({ phase: 'done', errors: [] })
  })
  expect(events).toEqual(['awaited cleaned up', 'in a group cleaned up'])
})
