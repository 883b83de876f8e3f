import type { EventLoop } from '@loop/core'
import { CancelledError, InvalidStateError, NotSupportedError, sleep } from '@loop/core'
import { mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Protocol } from '../src/index.ts'
import { AddressError, AddressInUseError, createConnection, createServer } from '../src/index.ts'
import type { Family } from './support.ts'
import { collectErrors, onEachFamily, onLoop, Peer, Recording } from './support.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const silent = (): Protocol => ({ dataReceived: () => {} })

/** A folder that is gone after the test. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function servers(family: Family): void {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('it says where it listens, and nothing once closed', async () => {
    const server = await createServer(silent, LOCAL)
    expect(server.sockets).toEqual([{ family: 'IPv4', address: '127.0.0.1', port: server.port }])
    expect(server.isServing()).toBe(true)
    server.close()
    server.close()
    expect(server.isServing()).toBe(false)
    expect(server.sockets).toEqual([])
    expect(() => server.port).toThrow(InvalidStateError)
    await server.waitClosed()
  })

  check('a name is listened on at each of its addresses', async (loop) => {
    const server = await createServer(silent, { host: 'localhost', port: 0 })
    const peers: net.Socket[] = []
    for (const address of server.sockets) {
      if (address.family === 'unix') throw new Error('no unix socket was asked for')
      const peer = net.connect(address.port, address.address)
      peers.push(peer.on('error', () => {}))
      await loop.wrap(new Promise((resolve) => peer.once('connect', resolve)))
    }
    expect(server.sockets.length).toBeGreaterThan(0)
    while (server.connections < server.sockets.length) await sleep(1)
    server.abortClients()
    server.close()
    await server.waitClosed()
    for (const peer of peers) peer.destroy()
  })

  check('without a host it listens on all interfaces', async (loop) => {
    const server = await createServer(silent, { port: 0 })
    const peer = await Peer.connect(loop, { port: server.port })
    while (server.connections === 0) await sleep(1)
    peer.socket.end()
    await peer.over()
    server.close()
    await server.waitClosed()
  })

  check('a closed server accepts no more, and its connections go on until they end', async (loop) => {
    const protocols: Recording[] = []
    const server = await createServer(() => {
      const protocol = new Recording(loop, {
        dataReceived: (bytes) => {
          protocol.transport.write(bytes)
        },
      })
      protocols.push(protocol)
      return protocol
    }, LOCAL)
    const { port } = server
    const peer = await Peer.connect(loop, { port })
    while (protocols.length === 0) await sleep(1)
    server.close()
    let finished = false
    const waiting = loop.createTask(async () => {
      await server.waitClosed()
      finished = true
    })
    const refused = loop.createFuture<unknown>()
    net.connect(port, '127.0.0.1').once('error', (error: Error & { code?: string }) => {
      refused.setResult(error.code)
    })
    expect(await refused).toBe('ECONNREFUSED')
    peer.write('still here')
    await peer.until(() => peer.text === 'still here')
    expect(finished).toBe(false)
    peer.socket.end()
    await waiting
    expect(protocols[0]!.events).toEqual(['made', ['data', 'still here'], 'eof', ['lost', null]])
  })

  check('serveForever ends with the task, or with close', async (loop) => {
    const server = await createServer(silent, LOCAL)
    const serving = loop.createTask(async () => {
      await server.serveForever()
    })
    await sleep(1)
    await expect(Promise.resolve(server.serveForever())).rejects.toThrow(InvalidStateError)
    serving.cancel()
    await expect(serving.then()).rejects.toThrow(CancelledError)
    expect(server.isServing()).toBe(false)
    const other = await createServer(silent, LOCAL)
    const forever = loop.createTask(async () => {
      await other.serveForever()
    })
    await sleep(1)
    other.close()
    await expect(forever.then()).rejects.toThrow(CancelledError)
    await expect(Promise.resolve(other.serveForever())).rejects.toThrow(InvalidStateError)
  })

  check('all clients can be closed, or aborted', async (loop) => {
    const protocols: Recording[] = []
    const server = await createServer(() => {
      const protocol = new Recording(loop)
      protocols.push(protocol)
      return protocol
    }, LOCAL)
    const peers = [await Peer.connect(loop, { port: server.port }), await Peer.connect(loop, { port: server.port })]
    while (server.connections < 2) await sleep(1)
    server.closeClients()
    for (const protocol of protocols) await protocol.lost()
    const third = await Peer.connect(loop, { port: server.port })
    while (server.connections === 0) await sleep(1)
    server.abortClients()
    await protocols[2]!.lost()
    server.close()
    await server.waitClosed()
    expect(protocols.map(({ events }) => events)).toEqual(Array(3).fill(['made', ['lost', null]]))
    for (const peer of [...peers, third]) peer.socket.destroy()
  })

  check('a server is an async resource', async () => {
    let kept
    {
      await using server = await createServer(silent, LOCAL)
      kept = server
      expect(server.isServing()).toBe(true)
    }
    expect(kept.isServing()).toBe(false)
  })

  check('a factory that throws, or makes no protocol, ends that connection only', async (loop) => {
    const errors = collectErrors(loop)
    const bug = new Error('factory bug')
    const made: unknown[] = [null, {}, Promise.resolve({})]
    let count = 0
    const last = new Recording(loop)
    const server = await createServer(() => {
      if (count++ === 0) throw bug
      return (made.length > 0 ? made.shift() : last) as Protocol
    }, LOCAL)
    for (let i = 0; i < 4; i++) {
      const peer = await Peer.connect(loop, { port: server.port })
      await peer.until(() => peer.ended || peer.closed)
      peer.socket.destroy()
    }
    const peer = await Peer.connect(loop, { port: server.port })
    peer.socket.end('fine')
    await peer.over()
    server.close()
    await server.waitClosed()
    expect(errors.map(({ exception }) => (exception as Error).name)).toEqual(Array(4).fill('ProtocolFactoryError'))
    expect((errors[0]!.exception as Error).cause).toBe(bug)
    expect((errors[3]!.exception as Error).message).toMatch(/not a promise/)
    expect(last.events).toEqual(['made', ['data', 'fine'], 'eof', ['lost', null]])
  })

  check('a port that is taken is an error with a name', async () => {
    const server = await createServer(silent, LOCAL)
    const error = await Promise.resolve(createServer(silent, { host: '127.0.0.1', port: server.port })).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(AddressInUseError)
    expect((error as AddressInUseError).message).toBe(
      `cannot listen on 127.0.0.1:${server.port}: another socket listens there`,
    )
    expect((error as { code: string }).code).toBe('EADDRINUSE')
    server.close()
    await server.waitClosed()
  })

  check('places that cannot be are refused at the call', async () => {
    for (const port of [-1, 65536, 1.5, Number.NaN, '80']) {
      expect(() => createServer(silent, { host: '127.0.0.1', port: port as number })).toThrow(AddressError)
      expect(() => createConnection(silent, { host: '127.0.0.1', port: port as number })).toThrow(AddressError)
    }
    expect(() => createServer(silent, {})).toThrow(/port is missing/)
    expect(() => createServer(silent, { path: '' })).toThrow(AddressError)
    expect(() => createServer(silent, { path: '/x', port: 1 })).toThrow(AddressError)
    expect(() => createServer({} as never, LOCAL)).toThrow(TypeError)
    expect(() => createServer(silent, { ...LOCAL, io: 'fast' as never })).toThrow(TypeError)
    expect(() => createConnection(silent, { port: 1, localAddress: 'localhost' })).toThrow(AddressError)
    await sleep(0)
  })

  check("a host that does not exist is the resolver's error", async () => {
    await expect(
      Promise.resolve(createServer(silent, { host: 'no-such-host.invalid', port: 0 })),
    ).rejects.toMatchObject({ syscall: 'getaddrinfo' })
    await expect(
      Promise.resolve(createConnection(silent, { host: 'no-such-host.invalid', port: 1 })),
    ).rejects.toMatchObject({ syscall: 'getaddrinfo' })
  })

  check("a connection that is refused is the system's error", async () => {
    const server = await createServer(silent, LOCAL)
    const { port } = server
    server.close()
    await expect(Promise.resolve(createConnection(silent, { host: '127.0.0.1', port }))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
  })

  check('a unix socket carries the same, and its path is removed', async (loop) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket')
      const seen = new Recording(loop, {
        dataReceived: (bytes) => {
          seen.transport.write(bytes)
        },
      })
      const server = await createServer(() => seen, { path })
      expect(server.sockets).toEqual([{ family: 'unix', path }])
      expect(() => server.port).toThrow(InvalidStateError)
      const [transport, client] = await createConnection(() => new Recording(loop), { path })
      transport.write(Buffer.from('by path'))
      await client.until(() => client.received === 'by path')
      transport.close()
      await client.lost()
      await seen.lost()
      server.close()
      await server.waitClosed()
      expect(existsSync(path)).toBe(false)
      expect(seen.events).toEqual(['made', ['data', 'by path'], 'eof', ['lost', null]])
    })
  })

  check('a path that exists is an error with a name, and is left alone', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'taken')
      writeFileSync(path, 'a file')
      const error = await Promise.resolve(createServer(silent, { path })).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(AddressInUseError)
      expect((error as Error).message).toBe(
        `cannot listen on ${path}: the path exists; remove it if no server uses it any more`,
      )
      expect(existsSync(path)).toBe(true)
    })
  })

  check('a path that is too long is an error with a name', async () => {
    expect(() => createServer(silent, { path: '/' + 'x'.repeat(300) })).toThrow(AddressError)
    await sleep(0)
  })

  check('what was accepted is served, though the server is closed in between', async (loop) => {
    const served: Peer[] = []
    const made: Recording[] = []
    const server = await createServer(() => {
      server.close()
      const protocol = new Recording(loop, {
        connectionMade: (transport) => {
          transport.write(Buffer.from('served'))
          transport.close()
        },
      })
      made.push(protocol)
      return protocol
    }, LOCAL)
    // All are in the kernel's queue before the loop looks there.
    const peers = Array.from({ length: 5 }, () => Peer.connect(loop, { port: server.port }))
    for (const peer of peers) served.push(await peer)
    for (const peer of served) {
      await peer.until(() => peer.ended || peer.closed)
      peer.socket.end()
    }
    await server.waitClosed()
    // The selectors take the whole queue at once; Node takes one, and the kernel resets what is left in it.
    const accepted = family.backend === undefined ? made.length : 5
    expect(made.map(({ events }) => events)).toEqual(Array(accepted).fill(['made', ['lost', null]]))
    expect(served.map(({ text }) => text).filter((text) => text !== '')).toEqual(Array(accepted).fill('served'))
  })

  check('several servers share a port with reusePort, or the answer is that they cannot', async (loop) => {
    let first
    try {
      first = await createServer(silent, { ...LOCAL, reusePort: true })
    } catch (error) {
      expect(error).toBeInstanceOf(NotSupportedError)
      return
    }
    const second = await createServer(silent, { host: '127.0.0.1', port: first.port, reusePort: true })
    const peers = []
    for (let i = 0; i < 20; i++) peers.push(await Peer.connect(loop, { port: first.port }))
    while (first.connections + second.connections < 20) await sleep(1)
    for (const server of [first, second]) {
      server.abortClients()
      server.close()
      await server.waitClosed()
    }
    for (const peer of peers) peer.socket.destroy()
  })
}

onEachFamily('a server', servers)
