import type { Coroutine, Future } from '@loop/core'
import { getRunningLoop, sleep } from '@loop/core'
import { once } from 'node:events'
import http from 'node:http'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { simulate } from '../src/index.ts'
import { createConnection, httpAgent, listen, SimulatedSocket } from '../src/node/index.ts'

const FOREVER = 1e9

/** A web server that takes 50 ms for each answer. */
async function api(): Promise<void> {
  const loop = getRunningLoop()
  const server = http.createServer({ keepAliveTimeout: 5000 }, (request, response) => {
    void (async () => {
      let length = 0
      for await (const chunk of request) length += (chunk as Buffer).length
      expect(getRunningLoop()).toBe(loop)
      await sleep(50)
      response.end(`hello ${request.url} ${length}`)
    })()
  })
  listen(server, { port: 80 })
  await sleep(FOREVER)
}

/** Asks, and gives the status and the text; rejects with the error of the request. */
function ask(path: string, body: string, agent: http.Agent, timeout?: number): Future<string> {
  return getRunningLoop().wrap(
    new Promise<string>((resolve, reject) => {
      const options = { host: 'api', path, method: 'POST', agent, ...(timeout === undefined ? {} : { timeout }) }
      const request = http.request(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          resolve(`${response.statusCode} ${text}`)
        })
        response.on('error', reject)
      })
      request.on('timeout', () => request.destroy(new Error('the request took too long')))
      request.on('error', reject)
      request.end(body)
    }),
  )
}

test('node:http runs unchanged over simulated sockets, in virtual time', async () => {
  const run = () =>
    simulate(
      async (world) => {
        world.host('api', api)
        const agent = httpAgent({ keepAlive: true, maxSockets: 4 })
        const answers: string[] = []
        for (let i = 0; i < 10; i++) answers.push(await ask(`/${i}`, 'x'.repeat(i * 1000), agent))
        expect(answers).toEqual(Array.from({ length: 10 }, (_, i) => `200 hello /${i} ${i * 1000}`))
        const together = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(`/p${i}`, 'y', agent)))
        expect(together).toHaveLength(10)
        const free = () => Object.values(agent.freeSockets).flat().length
        await sleep(3000)
        expect(free()).toBe(4)
        await sleep(4000)
        expect(free()).toBe(0)
        world.partition('api', 'test')
        const cut = await ask('/cut', 'z', agent, 2000).catch((error: unknown) => (error as Error).message)
        expect(cut).toBe('the request took too long')
        world.repair('api', 'test')
        const doing = ask('/crash', 'z', agent).catch((error: unknown) => (error as { code?: string }).code)
        await sleep(60)
        world.crash('api')
        expect(await doing).toBe('ECONNRESET')
        agent.destroy()
      },
      { seed: 3, network: { latency: [5, 15] }, check: 'twice' },
    )
  const started = await run()
  expect(started.time).toBeGreaterThan(9000)
})

test('ws talks over simulated sockets', async () => {
  await simulate(
    async (world) => {
      world.host('chat', async () => {
        const server = http.createServer()
        const sockets = new WebSocketServer({ noServer: true })
        server.on('upgrade', (request, socket, head) => {
          sockets.handleUpgrade(request, socket, head, (peer) => {
            peer.on('message', (message) => {
              peer.send(`echo ${String(message as Buffer)}`)
            })
          })
        })
        listen(server, { port: 80 })
        await sleep(FOREVER)
      })
      const socket = new WebSocket('ws://chat/', {
        createConnection: createConnection as unknown as NonNullable<WebSocket.ClientOptions['createConnection']>,
      })
      await once(socket, 'open')
      for (let i = 0; i < 5; i++) {
        socket.send(`m${i}`)
        const [answer] = (await once(socket, 'message')) as [Buffer]
        expect(String(answer)).toBe(`echo m${i}`)
        await sleep(60_000)
      }
      socket.close()
      await once(socket, 'close')
    },
    { runs: 5, network: { fragment: 0.5 } },
  )
})

test('a socket tells what net.Socket tells', async () => {
  await simulate(async (world) => {
    world.host('echo', function* (): Coroutine<void> {
      const server = new http.Server()
      server.removeAllListeners('connection')
      server.on('connection', (socket: SimulatedSocket) => socket.pipe(socket))
      listen(server, { port: 7 })
      yield* sleep(FOREVER) as unknown as Coroutine<void>
    })
    const socket = new SimulatedSocket()
    expect(socket.pending).toBe(true)
    socket.connect(7, 'echo')
    expect(socket.readyState).toBe('opening')
    await once(socket, 'connect')
    expect([socket.remotePort, socket.remoteAddress, socket.readyState]).toEqual([7, world.get('echo').address, 'open'])
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    const sent = Buffer.alloc(300_000, 'abc')
    socket.end(sent)
    await once(socket, 'end')
    expect(Buffer.concat(received).equals(sent)).toBe(true)
    const idle = new SimulatedSocket().connect({ host: 'echo', port: 7 })
    const before = world.now()
    idle.setTimeout(3000)
    await once(idle, 'timeout')
    expect(world.now() - before).toBeGreaterThanOrEqual(3000)
    idle.destroy()
    const refused = new SimulatedSocket().connect(8, 'echo')
    const [error] = (await once(refused, 'error')) as [{ code?: string }]
    expect(error.code).toBe('ECONNREFUSED')
    const unknown = new SimulatedSocket().connect(8, 'nowhere')
    const [missing] = (await once(unknown, 'error')) as [{ code?: string }]
    expect(missing.code).toBe('ENOTFOUND')
  })
})

test('there are no simulated sockets outside of a simulation', () => {
  expect(() => new SimulatedSocket()).toThrow(/on simulated hosts only/)
})
