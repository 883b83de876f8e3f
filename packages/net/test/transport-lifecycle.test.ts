import { expect } from 'vitest'
import type { Protocol } from '../src/index.ts'
import { createConnection, createServer, TransportClosedError } from '../src/index.ts'
import { checkGrammar, MEGABYTE, siteTest } from './site.ts'
import { collectErrors, onEachFamilyAndTls, Peer, Recording, settle } from './support.ts'

onEachFamilyAndTls('the life of a transport', (family) => {
  const withSite = siteTest(family)

  withSite('an echo, then the peer ends', async (site) => {
    await site.listen(() => ({
      dataReceived: (bytes) => {
        site.first.transport.write(bytes)
      },
    }))
    const peer = await site.peer()
    peer.write('hello')
    await peer.until(() => peer.text === 'hello')
    peer.socket.end()
    await peer.over()
    await site.end()
    expect(site.first.events).toEqual(['made', ['data', 'hello'], 'eof', ['lost', null]])
    checkGrammar(site.first)
  })

  withSite('connectionMade comes in a turn after the factory, and before any byte', async (site) => {
    const order: string[] = []
    const arrived = site.loop.createFuture<void>()
    const protocol: Protocol = {
      connectionMade: () => {
        order.push('made')
      },
      dataReceived: () => {
        order.push('data')
        arrived.setResult()
      },
    }
    const server = await createServer(
      () => {
        order.push('factory')
        site.loop.callSoon(() => order.push('soon after factory'))
        return protocol
      },
      { host: '127.0.0.1', port: 0, ...family.tls?.server },
    )
    const peer = await Peer.connect(site.loop, { port: server.port }, { family })
    peer.write('x')
    await arrived
    peer.socket.end()
    await peer.over()
    server.close()
    await server.waitClosed()
    // asyncio schedules connection_made after the factory returned: what the factory scheduled comes first.
    expect(order).toEqual(['factory', 'soon after factory', 'made', 'data'])
  })

  withSite('eofReceived that returns true leaves the writing side open', async (site) => {
    await site.listen(() => ({
      eofReceived: () => {
        site.loop.callLater(5, () => {
          site.first.transport.write(Buffer.from('late answer'))
          site.first.transport.close()
        })
        return true
      },
    }))
    const peer = await site.peer()
    peer.socket.end('question')
    await peer.over()
    await site.end()
    expect(peer.text).toBe('late answer')
    expect(site.first.events).toEqual(['made', ['data', 'question'], 'eof', ['lost', null]])
  })

  withSite('writeEof ends one direction only', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.write(Buffer.from('bye'))
        transport.writeEof()
        transport.writeEof()
        expect(() => {
          transport.write(Buffer.from('x'))
        }).toThrow(TransportClosedError)
      },
    }))
    const peer = await site.peer()
    await peer.until(() => peer.ended)
    expect(peer.text).toBe('bye')
    peer.write('still heard')
    await site.first.until(() => site.first.received === 'still heard')
    peer.socket.end()
    await site.end()
    expect(site.first.events).toEqual(['made', ['data', 'still heard'], 'eof', ['lost', null]])
  })

  withSite("a connection that both sides have ended stays the program's to close", async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.writeEof()
      },
      eofReceived: () => true,
    }))
    const peer = await site.peer()
    peer.socket.end()
    await site.first.until((events) => events.includes('eof'))
    await settle()
    expect(site.first.events).toEqual(['made', 'eof'])
    site.first.transport.close()
    await site.end()
    expect(site.first.events).toEqual(['made', 'eof', ['lost', null]])
  })

  withSite('close sends what was written, reads no more, and calls connectionLost once', async (site) => {
    await site.listen(() => ({
      dataReceived: () => {
        const { transport } = site.first
        transport.write(Buffer.alloc(4 * MEGABYTE, 'x'))
        transport.close()
        transport.close()
        expect(transport.isClosing()).toBe(true)
      },
    }))
    const peer = await site.peer()
    peer.write('go')
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    expect(peer.size).toBe(4 * MEGABYTE)
    expect(site.first.events.filter((event) => !/Writing/.test(String(event)))).toEqual([
      'made',
      ['data', 'go'],
      ['lost', null],
    ])
  })

  withSite('abort drops what was written, and calls connectionLost once', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.write(Buffer.alloc(32 * MEGABYTE))
        transport.abort()
        transport.abort()
        transport.close()
      },
    }))
    const peer = await site.peer({ paused: true })
    await site.end()
    expect(site.first.events.at(-1)).toEqual(['lost', null])
    peer.socket.resume()
    await peer.until(() => peer.ended || peer.closed)
    expect(peer.size).toBeLessThan(32 * MEGABYTE)
    peer.socket.destroy()
  })

  withSite('close and abort call no protocol from inside', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.close()
        site.first.note('after close')
        transport.abort()
        site.first.note('after abort')
      },
    }))
    const peer = await site.peer()
    await site.end()
    expect(site.first.events).toEqual(['made', 'after close', 'after abort', ['lost', null]])
    peer.socket.destroy()
  })

  withSite('a reset by the peer is the error of connectionLost', async (site) => {
    await site.listen()
    const peer = await site.peer()
    peer.socket.resetAndDestroy()
    await site.first.lost()
    await site.end()
    expect(site.first.events).toEqual(['made', ['lost', 'ECONNRESET']])
  })

  for (const method of ['connectionMade', 'dataReceived', 'eofReceived'] as const) {
    withSite(`an exception in ${method} is reported and ends that connection, no other`, async (site) => {
      const errors = collectErrors(site.loop)
      const broken = new Error('protocol bug')
      await site.listen(({ protocols }) =>
        protocols.length === 0
          ? {
              [method]: () => {
                throw broken
              },
            }
          : {},
      )
      const peer = await site.peer()
      const other = await site.peer()
      peer.socket.end('x')
      await site.first.lost()
      other.socket.end('works')
      await other.over()
      await site.end()
      expect(errors).toHaveLength(1)
      expect(errors[0]).toMatchObject({
        message: `Fatal error: protocol.${method}() failed; its connection is closed`,
        exception: broken,
      })
      expect(site.first.events.at(-1)).toEqual(['lost', 'Error'])
      expect(site.protocols[1]!.events).toEqual(['made', ['data', 'works'], 'eof', ['lost', null]])
      peer.socket.destroy()
    })
  }

  withSite('an exception in connectionLost is reported', async (site) => {
    const errors = collectErrors(site.loop)
    await site.listen(() => ({
      connectionLost: () => {
        throw new Error('late bug')
      },
    }))
    const peer = await site.peer()
    peer.socket.end()
    await peer.over()
    await site.end()
    expect(errors.map(({ message }) => message)).toEqual(['protocol.connectionLost() failed'])
  })

  withSite("a client has the same life as a server's connection", async (site) => {
    await site.listen(() => ({
      dataReceived: (bytes) => {
        site.first.transport.write(bytes)
      },
    }))
    const [transport, client] = await createConnection(() => new Recording(site.loop), {
      host: '127.0.0.1',
      port: site.server.port,
      ...family.tls?.client,
    })
    expect(client.events).toEqual(['made'])
    expect(transport).toBe(client.transport)
    transport.write(Buffer.from('ping'))
    await client.until(() => client.received === 'ping')
    transport.close()
    await client.lost()
    await site.end()
    expect(client.events).toEqual(['made', ['data', 'ping'], ['lost', null]])
    expect(site.first.events).toEqual(['made', ['data', 'ping'], 'eof', ['lost', null]])
  })

  withSite("bytes that follow the connection at once find the client's protocol", async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.write(Buffer.from('greeting'))
        transport.close()
      },
    }))
    const [, client] = await createConnection(() => new Recording(site.loop), {
      host: '127.0.0.1',
      port: site.server.port,
      ...family.tls?.client,
    })
    await client.lost()
    await site.end()
    expect(client.events).toEqual(['made', ['data', 'greeting'], 'eof', ['lost', null]])
  })
})
