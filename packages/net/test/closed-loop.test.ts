import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import type { DatagramProtocol, Protocol } from '../src/index.ts'
import { createConnection, createDatagramEndpoint, createServer } from '../src/index.ts'
import { compilePackages, startProgram } from './programs.ts'
import type { Family } from './support.ts'
import { collectErrors, onEachFamily, Recording } from './support.ts'

const HOST = '127.0.0.1'
const silent = (): Protocol => ({ dataReceived: () => {} })
const compiled = compilePackages()
afterAll(() => {
  compiled.remove()
})

/** Runs `main` on a loop of the family that is closed then, with whatever it left open. */
async function onClosedLoop<T>(family: Family, main: (loop: EventLoop) => Promise<T>): Promise<T> {
  const loop = family.makeLoop()
  const result = await loop.runUntilComplete(() => main(loop))
  loop.close()
  return result
}

/** A server of Node that notes how each of its connections ends. */
async function outside(): Promise<{ server: net.Server; port: number; ended: Promise<unknown> }> {
  const server = net.createServer().listen(0, HOST)
  await once(server, 'listening')
  const ended = once(server, 'connection').then(([socket]: net.Socket[]) => once(socket!.resume(), 'close'))
  return { server, port: (server.address() as AddressInfo).port, ended }
}

/** A connection of Node's to a place of the loop's. */
async function connectTo(loop: EventLoop, port: number): Promise<net.Socket> {
  const socket = net.connect(port, HOST).on('error', () => {})
  await loop.wrap(once(socket, 'connect'))
  return socket
}

onEachFamily('what a loop has opened ends with it', (family) => {
  test('a server, its path, and its connections; no protocol is called', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
    const path = join(folder, 'socket')
    const { server, local, protocols, sockets } = await onClosedLoop(family, async (loop) => {
      const made: Recording[] = []
      const listening = await createServer(
        () => {
          const protocol = new Recording(loop)
          made.push(protocol)
          return protocol
        },
        { host: HOST, port: 0 },
      )
      const { port } = listening
      const peers = [await connectTo(loop, port), await connectTo(loop, port)]
      while (made.length < peers.length) await sleep(1)
      for (const protocol of made) await protocol.until((events) => events.length > 0)
      made[1]!.transport.pauseReading()
      return {
        server: { listening, port },
        local: await createServer(silent, { path }),
        protocols: made,
        sockets: peers,
      }
    })
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')))
    const [refused] = (await once(net.connect(server.port, HOST), 'error')) as [{ code: string }]
    expect(refused.code).toBe('ECONNREFUSED')
    expect(existsSync(path)).toBe(false)
    expect(protocols.map(({ events, transport }) => [events, transport.isClosing()])).toEqual([
      [['made'], true],
      [['made'], true],
    ])
    for (const { transport } of protocols) {
      transport.write(Buffer.from('dropped'))
      transport.close()
      transport.abort()
    }
    local.close()
    server.listening.close()
    rmSync(folder, { recursive: true })
  })

  test('a client, with what it has written last', async () => {
    const { server, port } = await outside()
    const heard = once(server, 'connection').then(async ([socket]: net.Socket[]) => {
      const chunks: Buffer[] = []
      for await (const bytes of socket!) chunks.push(bytes as Buffer)
      return Buffer.concat(chunks).toString()
    })
    await onClosedLoop(family, async () => {
      const [transport] = await createConnection(silent, { host: HOST, port })
      transport.write(Buffer.from('last words'))
    })
    expect(await heard).toBe('last words')
    server.close()
  })

  test('a client that is connecting', async () => {
    const { server, port, ended } = await outside()
    await onClosedLoop(family, async (loop) => {
      // The task that waits for it is reported as pending.
      collectErrors(loop)
      loop.createTask(async () => {
        await createConnection(silent, { host: HOST, port })
      })
      await sleep(0)
      // The system has connected it; whether the loop knows depends on the moment.
      await loop.wrap(once(server, 'connection'))
    })
    await ended
    server.close()
  })

  test('a client that shakes hands with a TLS server', async () => {
    const socket = await onClosedLoop(family, async (loop) => {
      const [key, cert] = ['key', 'cert'].map((name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url)))
      const { port } = await createServer(silent, { host: HOST, port: 0, tls: { key, cert } })
      const peer = await connectTo(loop, port)
      // Half a greeting: the handshake stays under way.
      peer.write(Buffer.from([22, 3, 1]))
      for (let turn = 0; turn < 10; turn++) await sleep(1)
      return peer
    })
    await once(socket.resume(), 'close')
  })

  test('a datagram socket', async () => {
    const port = await onClosedLoop(family, async () => {
      const [transport] = await createDatagramEndpoint((): DatagramProtocol => ({}), {
        localAddress: { host: HOST, port: 0 },
      })
      return (transport.getExtraInfo('sockname') as { port: number }).port
    })
    // Its port can be had again once it is closed, by a later turn of Node's loop at the latest.
    const again = createSocket('udp4')
    await new Promise((resolve) => setImmediate(resolve))
    again.bind(port, HOST)
    await once(again, 'listening')
    again.close()
  })

  test('so a process ends by itself after closing its loop', async () => {
    const program = `
      import { EventLoop, sleep } from '@loop/core'
      import { createConnection, createDatagramEndpoint, createServer } from '@loop/net'
      const loop = new EventLoop({ selector })
      await loop.runUntilComplete(async () => {
        const server = await createServer(() => ({ dataReceived() {} }), { host: '${HOST}', port: 0 })
        await createConnection(() => ({ dataReceived() {} }), { host: '${HOST}', port: server.port })
        await createDatagramEndpoint(() => ({}))
        while (server.connections === 0) await sleep(1)
      })
      loop.close()
      console.log('closed')
      process.on('exit', () => console.log('ended', process.getActiveResourcesInfo().filter((name) => /TCP|UDP/.test(name)).length))`
    const child = startProgram(compiled, family, program)
    const [lines, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>])
    expect([...lines.trim().split('\n'), code]).toEqual(['closed', 'ended 0', 0])
  })
})
