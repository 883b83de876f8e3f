import type { EventLoop } from '@loop/core'
import { NotSupportedError, sleep } from '@loop/core'
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import type { Transport } from '../src/index.ts'
import { createConnection, createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { cert, collectErrors, key, nameOf, onEachTls, onLoop, Recording, settle } from './support.ts'

onEachTls('TLS', (family, tlsEngine) => {
  const place = { host: 'localhost', port: 0, tls: { key, cert }, tlsEngine } as const
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('carries the same protocols, whatever the selector', async (loop) => {
    const seen = new Recording(loop, {
      dataReceived: (bytes) => {
        seen.transport.write(bytes)
      },
    })
    const server = await createServer(() => seen, place)
    const [transport, client] = await createConnection(() => new Recording(loop), {
      host: 'localhost',
      port: server.port,
      tls: { ca: cert },
      tlsEngine,
    })
    transport.write(Buffer.from('secret'))
    await client.until(() => client.received === 'secret')
    expect(transport.getExtraInfo('cipher')?.name).toMatch(/^TLS_/)
    expect(transport.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
    expect(transport.getExtraInfo('tlsEngine')).toBe(tlsEngine === 'node' ? 'node' : 'openssl-native')
    transport.close()
    await client.lost()
    await seen.lost()
    server.close()
    await server.waitClosed()
    expect(client.events).toEqual(['made', ['data', 'secret'], ['lost', null]])
    expect(seen.events).toEqual(['made', ['data', 'secret'], 'eof', ['lost', null]])
  })

  check('carries large writes with back-pressure', async () => {
    const size = 4 * 1024 * 1024
    const server = await startServer(async (reader, writer) => {
      await reader.readExactly(1)
      for (let sent = 0; sent < size; sent += 65536) {
        writer.write(Buffer.alloc(65536, 't'))
        await writer.drain()
      }
      writer.close()
    }, place)
    const [reader, writer] = await openConnection({
      host: 'localhost',
      port: server.port,
      tls: { ca: cert },
      tlsEngine,
    })
    writer.write(Buffer.from('!'))
    expect((await reader.read()).length).toBe(size)
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
  })

  check('a certificate that is not trusted fails the connection', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), place)
    const failed = Promise.resolve(
      createConnection(() => new Recording(loop), { host: 'localhost', port: server.port, tls: true, tlsEngine }),
    )
    await expect(failed).rejects.toThrow(/self.signed/)
    server.close()
    await server.waitClosed()
    expect(errors.filter(({ message }) => !/handshake/.test(message))).toEqual([])
  })

  check('a peer that does not speak TLS is reported, and harms nobody', async (loop) => {
    const errors = collectErrors(loop)
    const reported = loop.createFuture<void>()
    loop.setExceptionHandler((_loop, context) => {
      errors.push(context)
      if (!reported.done()) reported.setResult()
    })
    const seen = new Recording(loop, {
      connectionMade: (transport) => {
        transport.write(Buffer.from('welcome'))
      },
    })
    const server = await createServer(() => seen, place)
    net
      .connect(server.port, 'localhost')
      .on('error', () => {})
      .end('plain text, not TLS at all\r\n\r\n')
    await reported
    const [transport, client] = await createConnection(() => new Recording(loop), {
      host: 'localhost',
      port: server.port,
      tls: { ca: cert },
      tlsEngine,
    })
    await client.until(() => client.received === 'welcome')
    transport.close()
    await client.lost()
    await seen.lost()
    server.close()
    await server.waitClosed()
    expect(errors.map(({ message }) => message)).toEqual(['A TLS handshake failed; that connection was closed'])
  })

  check('a handshake that takes too long is reported and closed, on both sides', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), { ...place, tls: { key, cert, handshakeTimeout: 40 } })
    // That it speaks now and then gives a peer no more time.
    const peer = net
      .connect(server.port, 'localhost')
      .on('error', () => {})
      .resume()
    const hello = Buffer.from('16030100f0010000ec0303', 'hex')
    let sent = 0
    const drip = setInterval(() => {
      peer.write(hello.subarray(sent, ++sent))
    }, 10)
    await loop.wrap(
      new Promise<void>((resolve) =>
        peer.on('close', () => {
          resolve()
        }),
      ),
    )
    clearInterval(drip)
    server.close()
    await server.waitClosed()
    expect(errors.map(({ exception }) => (exception as Error).message)).toEqual(['the TLS handshake took too long'])
    const silent = net
      .createServer((socket) => {
        socket.on('error', () => {}).resume()
      })
      .listen(0, 'localhost')
    await loop.wrap(once(silent, 'listening'))
    const { port } = silent.address() as net.AddressInfo
    const failed = createConnection(() => new Recording(loop), {
      host: 'localhost',
      port,
      family: 4,
      tls: { ca: cert, handshakeTimeout: 40 },
      tlsEngine,
    })
    await expect(Promise.resolve(failed)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    silent.close()
  })

  check('a peer that never ends its session is waited for no longer than it was said', async (loop) => {
    const server = await createServer(() => new Recording(loop), { ...place, tls: { key, cert, shutdownTimeout: 30 } })
    const raw = net.connect(server.port, 'localhost').on('error', () => {})
    const peer = tls.connect({
      socket: raw,
      ca: cert,
      servername: 'localhost',
      allowHalfOpen: true,
    } as tls.ConnectionOptions)
    await loop.wrap(once(peer.on('error', () => {}).resume(), 'secureConnect'))
    while (server.connections === 0) await sleep(1)
    const ended = loop.wrap(once(raw, 'close'))
    server.close()
    server.closeClients()
    await server.waitClosed()
    await ended
  })

  /** A peer that has connected, was accepted, and has not begun its handshake. */
  const silentPeer = async (
    loop: EventLoop,
    port: number,
  ): Promise<{ readonly raw: net.Socket; readonly gone: Promise<unknown> }> => {
    const raw = net.connect(port, '127.0.0.1').on('error', () => {})
    const gone = once(raw, 'close')
    await loop.wrap(once(raw, 'connect'))
    await settle()
    return { raw, gone }
  }

  check('closing a server lets handshakes under way finish, and waits for what they become', async (loop) => {
    const errors = collectErrors(loop)
    const seen = new Recording(loop, {
      dataReceived: (bytes) => {
        seen.transport.write(bytes)
      },
    })
    const server = await createServer(() => seen, { ...place, host: '127.0.0.1' })
    const { raw } = await silentPeer(loop, server.port)
    server.close()
    const closed = loop.createTask(() => Promise.resolve(server.waitClosed()))
    await settle()
    expect(closed.done()).toBe(false)
    const peer = tls.connect({ socket: raw, ca: cert, servername: 'localhost' })
    await loop.wrap(once(peer, 'secureConnect'))
    peer.write('late')
    expect(String((await loop.wrap(once(peer, 'data')))[0])).toBe('late')
    expect([closed.done(), server.connections]).toEqual([false, 1])
    peer.end()
    await closed
    expect(seen.events).toEqual(['made', ['data', 'late'], 'eof', ['lost', null]])
    expect(errors).toEqual([])
  })

  check('a peer that ends in the middle of its handshake is reported and closed', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), { ...place, host: '127.0.0.1' })
    for (const beginning of ['', '\x16\x03\x01\x02\x00\x01']) {
      const raw = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }).resume()
      const closed = once(raw, 'close')
      raw.end(Buffer.from(beginning, 'latin1'))
      await loop.wrap(closed)
    }
    server.close()
    await server.waitClosed()
    const failed = ['A TLS handshake failed; that connection was closed', 'ECONNRESET']
    expect(errors.map(({ message, exception }) => [message, nameOf(exception)])).toEqual([failed, failed])
  })

  check('a closed server waits for a silent handshake no longer than its time', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), {
      ...place,
      host: '127.0.0.1',
      tls: { key, cert, handshakeTimeout: 60 },
    })
    const { raw, gone } = await silentPeer(loop, server.port)
    raw.resume()
    server.close()
    await server.waitClosed()
    await loop.wrap(gone)
    expect(errors.map(({ message }) => message)).toEqual(['A TLS handshake failed; that connection was closed'])
  })

  for (const how of ['closeClients', 'abortClients'] as const) {
    check(`${how} ends handshakes under way, without a report`, async (loop) => {
      const errors = collectErrors(loop)
      const server = await createServer(() => new Recording(loop), { ...place, host: '127.0.0.1' })
      const { raw, gone } = await silentPeer(loop, server.port)
      raw.resume()
      server.close()
      server[how]()
      await server.waitClosed()
      await loop.wrap(gone)
      expect(errors).toEqual([])
    })
  }

  check('a peer that ends right after the handshake is heard to its end', async (loop) => {
    const all: Recording[] = []
    const server = await createServer(() => {
      const one = new Recording(loop)
      all.push(one)
      return one
    }, place)
    for (let i = 0; i < 20; i++) {
      const peer = tls
        .connect({ port: server.port, host: 'localhost', ca: cert }, () => {
          peer.end()
        })
        .on('error', () => {})
      await loop.wrap(once(peer.resume(), 'close'))
    }
    while (all.length < 20) await sleep(1)
    for (const one of all) await one.lost()
    expect(all.map(({ events }) => events)).toEqual(all.map(() => ['made', 'eof', ['lost', null]]))
    server.close()
    await server.waitClosed()
  })

  check('peers that reset the connection at any moment are all lost', async (loop) => {
    collectErrors(loop)
    let made = 0
    let lost = 0
    const server = await createServer(() => {
      let transport: Transport
      return {
        connectionMade: (given) => {
          transport = given
          made++
        },
        dataReceived: (bytes) => {
          if (!transport.isClosing()) transport.write(bytes)
        },
        pauseWriting: () => {
          transport.pauseReading()
        },
        resumeWriting: () => {
          transport.resumeReading()
        },
        connectionLost: () => {
          lost++
        },
      }
    }, place)
    const one = (delay: number): Promise<void> =>
      new Promise((resolve) => {
        const raw = net.connect(server.port, 'localhost').on('error', () => {})
        const peer = tls
          .connect({ socket: raw, ca: cert, servername: 'localhost' })
          .on('error', () => {})
          .on('close', () => {
            resolve()
          })
        peer.once('secureConnect', () => {
          peer.write(Buffer.alloc(20_000))
          if (delay === 0) peer.destroy()
          else setTimeout(() => raw.resetAndDestroy(), delay)
        })
      })
    for (let round = 0; round < 15; round++) await loop.wrap(Promise.all([0, 0, 1, 2, 3, 4].map(one)))
    server.close()
    await server.waitClosed()
    expect(made).toBeGreaterThan(0)
    expect(lost).toBe(made)
  })

  check('of Node is not asked of streams', async () => {
    expect(() =>
      createServer(() => ({ dataReceived: () => {} }), { ...place, tlsEngine: 'node', io: 'streams' }),
    ).toThrow(NotSupportedError)
    await Promise.resolve()
  })
})
