import type { EventLoop } from '@loop/core'
import { NotSupportedError, sleep } from '@loop/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import type { Protocol } from '../src/index.ts'
import { AddressError, createConnection, createDatagramEndpoint, createServer } from '../src/index.ts'
import { compilePackages, startProgram } from './programs.ts'
import { onEachFamily, onEachFamilyAndTls, onLoop, Recording } from './support.ts'

const silent = (): Protocol => ({ dataReceived: () => {} })
const compiled = compilePackages()
afterAll(() => {
  compiled.remove()
})

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1') === true)

async function freePort(loop: EventLoop): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await loop.wrap(once(server, 'listening'))
  const { port } = server.address() as net.AddressInfo
  await loop.wrap(
    new Promise<void>((resolve) =>
      server.close(() => {
        resolve()
      }),
    ),
  )
  return port
}

onEachFamilyAndTls('where connections are', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('both addresses of a connection are known in connectionLost, though nobody asked before', async (loop) => {
    const known: unknown[] = []
    const watching = (): Protocol => {
      let transport: Parameters<NonNullable<Protocol['connectionMade']>>[0]
      return {
        connectionMade: (made) => {
          transport = made
        },
        dataReceived: () => {},
        connectionLost: () => {
          known.push(transport.getExtraInfo('sockname'), transport.getExtraInfo('peername'))
        },
      }
    }
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const server = await createServer(watching, { host, port: 0, ...family.tls?.server })
      const { port } = server
      const [transport, client] = await createConnection(() => new Recording(loop), {
        host: '127.0.0.1',
        port,
        ...family.tls?.client,
      })
      const clients = transport.getExtraInfo('sockname')
      // A client of TLS 1.3 is done with the handshake before its server, which is to have a connection.
      while (server.connections === 0) await sleep(1)
      transport.abort()
      await client.lost()
      server.close()
      await server.waitClosed()
      expect(known.splice(0)).toEqual([{ family: 'IPv4', address: '127.0.0.1', port }, clients])
      expect(transport.getExtraInfo('sockname')).toEqual(clients)
    }
  })

  check('a connection that is refused says where it was to go', async (loop) => {
    const port = await freePort(loop)
    const refused = Promise.resolve(createConnection(silent, { host: '127.0.0.1', port, ...family.tls?.client }))
    const error = (await refused.catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.1', port })
    expect(error.message).toContain(`127.0.0.1:${port}`)
  })
})

onEachFamily('places', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  const checkIpv6 = hasIpv6
    ? check
    : (name: string) => {
        test.skip(`${name} (there is no IPv6 here)`)
      }
  checkIpv6('all addresses of both families can be listened on with one port', async (loop) => {
    const port = await freePort(loop)
    const server = await createServer(silent, { host: ['0.0.0.0', '::'], port })
    expect(server.sockets).toEqual([
      { family: 'IPv4', address: '0.0.0.0', port },
      { family: 'IPv6', address: '::', port },
    ])
    const peers = ['127.0.0.1', '::1'].map((host) => net.connect(port, host).on('error', () => {}))
    while (server.connections < 2) await sleep(1)
    for (const peer of peers) peer.destroy()
    server.close()
    await server.waitClosed()
  })

  check('what can be no place is refused by name, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
    const odd = Object.create(null) as never
    expect(() => createServer(silent, { path: join(folder, 'a\0b') })).toThrow(AddressError)
    expect(() => createServer(silent, { host: odd, port: 0 })).toThrow(AddressError)
    expect(() => createServer(silent, { host: ['127.0.0.1', odd], port: 0 })).toThrow(AddressError)
    expect(() => createServer(silent, { host: '127.0.0.1', port: odd })).toThrow(AddressError)
    expect(() => createServer(silent, { host: '127.0.0.1', port: 0, io: odd })).toThrow(TypeError)
    expect(() => createConnection(silent, { host: '', port: 80 })).toThrow('host is empty')
    expect(() => createConnection(silent, { host: '127.0.0.1', port: 0 })).toThrow(AddressError)
    expect(() => createConnection(silent, { host: '127.0.0.1', port: Symbol('port') as never })).toThrow(AddressError)
    const port = 80
    expect(() => createConnection(silent, { host: ['127.0.0.1'] as never, port })).toThrow('one name or address')
    expect(() => createConnection(silent, { host: 'localhost', port, family: 5 as never })).toThrow(AddressError)
    // Another descriptor's number, once it is cut to 32 bits.
    expect(() => createConnection(silent, { fd: 2 ** 40 })).toThrow(AddressError)
    expect(() => createServer(silent, { fd: 2 ** 31 })).toThrow(AddressError)
    for (const backlog of [-1, 1.5, NaN, '5' as never])
      expect(() => createServer(silent, { host: '127.0.0.1', port: 0, backlog })).toThrow(RangeError)
    expect(() => createDatagramEndpoint(() => ({}), { localAddress: null as never })).toThrow(AddressError)
    expect(() => createDatagramEndpoint(() => ({}), { family: 7 as never })).toThrow(AddressError)
    expect(existsSync(join(folder, 'a'))).toBe(false)
    rmSync(folder, { recursive: true })
    await sleep(0)
  })

  check('no datagram goes to port 0', async () => {
    expect(() => createDatagramEndpoint(() => ({}), { remoteAddress: { host: '127.0.0.1', port: 0 } })).toThrow(
      AddressError,
    )
    const [transport] = await createDatagramEndpoint(() => ({}), { localAddress: { host: '127.0.0.1', port: 0 } })
    expect(() => {
      transport.sendTo(Buffer.from('x'), { host: '127.0.0.1', port: 0 })
    }).toThrow(AddressError)
    transport.close()
    await sleep(5)
  })

  const checkUnix =
    process.platform === 'win32'
      ? (name: string) => {
          test.skip(`${name} (pipes have no files)`)
        }
      : check
  checkUnix('a unix server that was replaced leaves the new one its path', async (loop) => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
    const path = join(folder, 'socket')
    const old = await createServer(silent, { path })
    unlinkSync(path)
    const fresh = await createServer(silent, { path })
    old.close()
    await sleep(5)
    const peer = net.connect(path)
    await loop.wrap(once(peer, 'connect'))
    peer.destroy()
    fresh.close()
    await fresh.waitClosed()
    expect(existsSync(path)).toBe(false)
    rmSync(folder, { recursive: true })
  })

  const checkLinux =
    process.platform === 'linux'
      ? check
      : (name: string) => {
          test.skip(`${name} (only Linux has them)`)
        }
  checkLinux('an abstract unix socket can be reached, or is refused by name', async (loop) => {
    const name = `loop-net-${process.pid}`
    const listening = Promise.resolve(
      createServer(
        () => ({
          connectionMade: (made) => {
            made.write(Buffer.from('hi'))
            made.close()
          },
          dataReceived: () => {},
        }),
        { path: `\0${name}` },
      ),
    )
    if (family.backend === undefined) {
      await expect(listening).rejects.toBeInstanceOf(NotSupportedError)
      return
    }
    const server = await listening
    const client = spawn('python3', [
      '-c',
      `import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0${name}'); print(s.recv(9).decode())`,
    ])
    client.on('error', () => {})
    expect(await loop.wrap(text(client.stdout))).toBe('hi\n')
    server.close()
    await server.waitClosed()
  })

  test('what was written before process.exit leaves', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const heard = once(server, 'connection').then(([socket]: net.Socket[]) => text(socket!))
    const { port } = server.address() as net.AddressInfo
    const child = startProgram(
      compiled,
      family,
      `
      import { EventLoop } from '@loop/core'
      import { createConnection } from '@loop/net'
      await new EventLoop({ selector }).runUntilComplete(async () => {
        const [transport] = await createConnection(() => ({ dataReceived() {} }), { host: '127.0.0.1', port: ${port} })
        transport.write(Buffer.from('last words'))
        process.exit(0)
      })`,
    )
    await once(child, 'close')
    expect(await heard).toBe('last words')
    server.close()
  })
})
