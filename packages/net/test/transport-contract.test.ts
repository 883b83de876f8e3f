import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { BufferedProtocol, Protocol, Server, ServerOptions, StreamProtocol } from '../src/index.ts'
import { createConnection, createServer, TransportClosedError } from '../src/index.ts'
import type { Family } from './support.ts'
import { collectErrors, nameOf, onEachFamily, onLoop, Peer, Recording, settle } from './support.ts'

/** A server of recording protocols, one test long. */
class Site {
  readonly protocols: Recording[] = []
  server!: Server

  constructor(readonly loop: EventLoop) {}

  async listen(on: (site: Site) => Partial<Protocol> = () => ({}), options: Partial<ServerOptions> = {}): Promise<this> {
    const make = (): Recording => {
      const protocol = new Recording(this.loop, on(this))
      this.protocols.push(protocol)
      return protocol
    }
    this.server = await createServer(make, { host: '127.0.0.1', port: 0, ...options })
    return this
  }

  get first(): Recording {
    return this.protocols[0]!
  }

  /** Connects a peer, and waits for its protocol. */
  async peer(options?: { paused: boolean }): Promise<Peer> {
    const number = this.protocols.length
    const peer = await Peer.connect(this.loop, { port: this.server.port }, options)
    while (this.protocols.length === number) await sleep(1)
    await this.protocols[number]!.until((events) => events.length > 0)
    return peer
  }

  async end(): Promise<void> {
    this.server.close()
    await this.server.waitClosed()
  }
}

/** What a protocol's calls must look like: `made`, then anything allowed, and `lost` once, last. */
const GRAMMAR = /^made( data| pauseWriting| resumeWriting)*( eof( pauseWriting| resumeWriting)*)? lost$/

function checkGrammar(protocol: Recording): void {
  const words = protocol.events.map((event) => (Array.isArray(event) ? (event[0] as string) : (event as string)))
  expect(words.join(' ')).toMatch(GRAMMAR)
}

const MEGABYTE = 1024 * 1024

function contract(family: Family): void {
  const withSite = (name: string, body: (site: Site) => Promise<void>): void => {
    test(name, () => onLoop(family, (loop) => body(new Site(loop))))
  }

  withSite('an echo, then the peer ends', async (site) => {
    await site.listen(() => ({ dataReceived: (bytes) => { site.first.transport.write(bytes) } }))
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
      connectionMade: () => { order.push('made') },
      dataReceived: () => {
        order.push('data')
        arrived.setResult()
      },
    }
    const server = await createServer(() => {
      order.push('factory')
      site.loop.callSoon(() => order.push('soon after factory'))
      return protocol
    }, { host: '127.0.0.1', port: 0 })
    const peer = await Peer.connect(site.loop, { port: server.port })
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
        expect(() => { transport.write(Buffer.from('x')) }).toThrow(TransportClosedError)
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

  withSite('a connection that both sides have ended stays the program\'s to close', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => { transport.writeEof() },
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

  withSite('close sends what was written, reads no more, and tells once', async (site) => {
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
    expect(site.first.events.filter((event) => !/Writing/.test(String(event)))).toEqual(['made', ['data', 'go'], ['lost', null]])
  })

  withSite('abort drops what was written, and tells once', async (site) => {
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

  withSite('nothing is told from inside close and abort', async (site) => {
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

  withSite('a slow reader pauses the writer, and resumes it: memory stays bounded', async (site) => {
    let most = 0
    let written = 0
    const piece = Buffer.alloc(16 * 1024, 'p')
    const total = 16 * MEGABYTE
    await site.listen(() => {
      let paused = false
      const send = (): void => {
        const { transport } = site.first
        while (!paused && written < total) {
          transport.write(piece)
          written += piece.length
          most = Math.max(most, transport.getWriteBufferSize())
        }
        if (written === total && !transport.isClosing()) transport.close()
      }
      return {
        connectionMade: () => { send() },
        pauseWriting: () => { paused = true },
        resumeWriting: () => { paused = false; send() },
      }
    })
    const peer = await site.peer({ paused: true })
    await site.first.until((events) => events.includes('pauseWriting'))
    const before = written
    await settle()
    expect(written).toBe(before)
    peer.socket.resume()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    expect(peer.size).toBe(total)
    // The high-water mark, and the write that crossed it.
    expect(most).toBeLessThanOrEqual(64 * 1024 + piece.length)
    checkGrammar(site.first)
    const turns = site.first.events.filter((event) => /Writing/.test(String(event)))
    expect(turns).toEqual(turns.map((_, i) => (i % 2 === 0 ? 'pauseWriting' : 'resumeWriting')))
    expect(turns.length % 2).toBe(0)
  })

  withSite('the marks can be set, and nonsense is refused', async (site) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    expect(transport.getWriteBufferLimits()).toEqual({ high: 65536, low: 16384 })
    transport.setWriteBufferLimits({ high: 4000 })
    expect(transport.getWriteBufferLimits()).toEqual({ high: 4000, low: 1000 })
    transport.setWriteBufferLimits({ low: 100 })
    expect(transport.getWriteBufferLimits()).toEqual({ high: 400, low: 100 })
    expect(() => { transport.setWriteBufferLimits({ high: 10, low: 20 }) }).toThrow(RangeError)
    expect(() => { transport.setWriteBufferLimits({ high: -1 }) }).toThrow(RangeError)
    transport.setWriteBufferLimits({ high: 0 })
    transport.write(Buffer.alloc(32 * MEGABYTE))
    expect(site.first.events).toEqual(['made', 'pauseWriting'])
    expect(transport.getWriteBufferSize()).toBeGreaterThan(0)
    transport.abort()
    await site.end()
    peer.socket.destroy()
  })

  withSite('pauseReading holds bytes and the end back, resumeReading lets them come', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.pauseReading()
        transport.pauseReading()
        expect(transport.isReading()).toBe(false)
      },
    }))
    const peer = await site.peer()
    peer.socket.end('waits')
    await settle()
    expect(site.first.events).toEqual(['made'])
    site.first.transport.resumeReading()
    site.first.transport.resumeReading()
    expect(site.first.transport.isReading()).toBe(true)
    await site.first.lost()
    await site.end()
    expect(site.first.events).toEqual(['made', ['data', 'waits'], 'eof', ['lost', null]])
    peer.socket.destroy()
  })

  withSite('pausing inside dataReceived stops the next piece', async (site) => {
    await site.listen(() => ({ dataReceived: () => { site.first.transport.pauseReading() } }))
    const peer = await site.peer()
    peer.write(Buffer.alloc(MEGABYTE))
    await site.first.until((events) => events.length === 2)
    await settle()
    const first = site.first.received.length
    expect(first).toBeLessThanOrEqual(65536)
    while (site.first.received.length < MEGABYTE) {
      const before = site.first.received.length
      site.first.transport.resumeReading()
      await site.first.until(() => site.first.received.length > before)
    }
    peer.socket.end()
    site.first.transport.resumeReading()
    await site.first.lost()
    await site.end()
    expect(site.first.received.length).toBe(MEGABYTE)
    peer.socket.destroy()
  })

  withSite('a paused reader slows the peer down', async (site) => {
    await site.listen(() => ({ connectionMade: (transport) => { transport.pauseReading() } }))
    const peer = await site.peer()
    // More than the kernel's buffers of both sides hold.
    peer.write(Buffer.alloc(64 * MEGABYTE))
    await settle()
    expect(peer.socket.writableLength).toBeGreaterThan(0)
    expect(site.first.events).toEqual(['made'])
    site.first.transport.abort()
    await site.end()
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

  withSite('writes to a connection that the peer broke are dropped, and reported once', async (site) => {
    const errors = collectErrors(site.loop)
    await site.listen()
    const peer = await site.peer()
    peer.socket.resetAndDestroy()
    await site.first.lost()
    const { transport } = site.first
    expect(transport.isClosing()).toBe(true)
    for (let i = 0; i < 20; i++) transport.write(Buffer.from('into the void'))
    await site.end()
    expect(errors.map(({ message }) => message)).toEqual([
      '5 writes to a connection that the peer had broken were dropped; stop writing at connectionLost, or ask isClosing()',
    ])
  })

  withSite('writing after an own close is an error with a name', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    transport.close()
    expect(() => { transport.write(Buffer.from('x')) }).toThrow(TransportClosedError)
    expect(() => { transport.writeEof() }).toThrow(TransportClosedError)
    await site.end()
    expect(() => { transport.write(Buffer.from('x')) }).toThrow(TransportClosedError)
    peer.socket.destroy()
  })

  withSite('what is no bytes is refused', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    for (const wrong of ['text', 5, null, [1]]) expect(() => { transport.write(wrong as never) }).toThrow(TypeError)
    transport.close()
    await site.end()
    peer.socket.destroy()
  })

  withSite('memory may be reused after write', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        const small = Buffer.from('small ')
        const large = Buffer.alloc(MEGABYTE, 'L')
        transport.write(small)
        small.fill('?')
        transport.write(large)
        large.fill('?')
        transport.close()
      },
    }))
    const peer = await site.peer()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    expect(peer.text).toBe('small ' + 'L'.repeat(MEGABYTE))
  })

  withSite('bytes received may be kept', async (site) => {
    const kept: Buffer[] = []
    await site.listen(() => ({ dataReceived: (bytes) => { kept.push(bytes) } }))
    const peer = await site.peer()
    for (let i = 0; i < 200; i++) {
      peer.write(String(i).padStart(5, '0'))
      await site.first.until(() => site.first.received.length === 5 * (i + 1))
    }
    peer.socket.end()
    await peer.over()
    await site.end()
    expect(Buffer.concat(kept).toString()).toBe(Array.from({ length: 200 }, (_, i) => String(i).padStart(5, '0')).join(''))
  })

  withSite('writes of many sizes arrive in order', async (site) => {
    const sizes = [1, 0, 100, 5000, 70_000, 3, 300_000, 64, 1_000_000, 2]
    const expected = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, 65 + i)))
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.writeLines(sizes.slice(0, 5).map((size, i) => Buffer.alloc(size, 65 + i)))
        for (const [i, size] of sizes.entries()) if (i >= 5) transport.write(Buffer.alloc(size, 65 + i))
        transport.close()
      },
    }))
    const peer = await site.peer()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    expect(peer.text === expected.toString('latin1')).toBe(true)
  })

  for (const method of ['connectionMade', 'dataReceived', 'eofReceived'] as const) {
    withSite(`an exception in ${method} is reported and ends that connection, no other`, async (site) => {
      const errors = collectErrors(site.loop)
      const broken = new Error('protocol bug')
      await site.listen(({ protocols }) => (protocols.length === 0 ? { [method]: () => { throw broken } } : {}))
      const peer = await site.peer()
        const other = await site.peer()
      peer.socket.end('x')
      await site.first.lost()
      other.socket.end('works')
      await other.over()
      await site.end()
      expect(errors).toHaveLength(1)
      expect(errors[0]).toMatchObject({ message: `Fatal error: protocol.${method}() failed; its connection is closed`, exception: broken })
      expect(site.first.events.at(-1)).toEqual(['lost', 'Error'])
      expect(site.protocols[1]!.events).toEqual(['made', ['data', 'works'], 'eof', ['lost', null]])
      peer.socket.destroy()
    })
  }

  withSite('an exception in connectionLost is reported', async (site) => {
    const errors = collectErrors(site.loop)
    await site.listen(() => ({ connectionLost: () => { throw new Error('late bug') } }))
    const peer = await site.peer()
    peer.socket.end()
    await peer.over()
    await site.end()
    expect(errors.map(({ message }) => message)).toEqual(['protocol.connectionLost() failed'])
  })

  withSite('addresses are known, the peer\'s after the end too', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    const peername = { family: 'IPv4', address: '127.0.0.1', port: peer.socket.localPort }
    expect(transport.getExtraInfo('peername')).toEqual(peername)
    expect(transport.getExtraInfo('sockname')).toEqual({ family: 'IPv4', address: '127.0.0.1', port: site.server.port })
    expect(transport.getExtraInfo('cipher')).toBe(undefined)
    expect(transport.getExtraInfo('no such thing', 'fallback')).toBe('fallback')
    peer.socket.destroy()
    await site.first.lost()
    expect(transport.getExtraInfo('peername')).toEqual(peername)
    await site.end()
  })

  withSite('the protocol can be replaced in the middle', async (site) => {
    const second = new Recording(site.loop)
    await site.listen(() => ({
      dataReceived: () => {
        second.transport = site.first.transport
        site.first.transport.setProtocol(second)
      },
    }))
    const peer = await site.peer()
    peer.write('for the first')
    await site.first.until((events) => events.length === 2)
    expect(site.first.transport.getProtocol()).toBe(second)
    peer.socket.end('for the second')
    await peer.over()
    await site.end()
    expect(site.first.events).toEqual(['made', ['data', 'for the first']])
    expect(second.events).toEqual([['data', 'for the second'], 'eof', ['lost', null]])
  })

  withSite('a client has the same life as a server\'s connection', async (site) => {
    await site.listen(() => ({ dataReceived: (bytes) => { site.first.transport.write(bytes) } }))
    const [transport, client] = await createConnection(() => new Recording(site.loop), { host: '127.0.0.1', port: site.server.port })
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

  withSite('bytes that follow the connection at once find the client\'s protocol', async (site) => {
    await site.listen(() => ({ connectionMade: (transport) => { transport.write(Buffer.from('greeting')); transport.close() } }))
    const [, client] = await createConnection(() => new Recording(site.loop), { host: '127.0.0.1', port: site.server.port })
    await client.lost()
    await site.end()
    expect(client.events).toEqual(['made', ['data', 'greeting'], 'eof', ['lost', null]])
  })

  withSite('a buffered protocol is given its bytes in its own memory', async (site) => {
    const memory = new Uint8Array(7)
    const parts: string[] = []
    const lost = site.loop.createFuture<unknown>()
    const buffered: BufferedProtocol = {
      getBuffer: (hint) => {
        expect(hint).toBeGreaterThan(0)
        return memory
      },
      bufferUpdated: (count) => { parts.push(Buffer.from(memory.subarray(0, count)).toString()) },
      connectionLost: (error) => { lost.setResult(nameOf(error)) },
    }
    const server = await createServer((): StreamProtocol => buffered, { host: '127.0.0.1', port: 0 })
    const peer = await Peer.connect(site.loop, { port: server.port })
    peer.socket.end('in pieces of seven')
    expect(await lost).toBe(null)
    expect(parts.join('')).toBe('in pieces of seven')
    expect(parts[0]).toBe('in piec')
    server.close()
    await server.waitClosed()
    peer.socket.destroy()
  })

  withSite('a buffered protocol may pause between two buffers', async (site) => {
    const memory = new Uint8Array(3)
    const parts: string[] = []
    const all = site.loop.createFuture<void>()
    const server = await createServer((): StreamProtocol => {
      const buffered: BufferedProtocol & { transport?: Parameters<NonNullable<Protocol['connectionMade']>>[0] } = {
        connectionMade(transport) { this.transport = transport },
        getBuffer: () => memory,
        bufferUpdated(count) {
          parts.push(Buffer.from(memory.subarray(0, count)).toString())
          this.transport!.pauseReading()
          site.loop.callLater(1, () => {
            parts.push('|')
            this.transport!.resumeReading()
          })
          if (parts.filter((part) => part !== '|').join('') === 'abcdefgh') all.setResult()
        },
      }
      return buffered
    }, { host: '127.0.0.1', port: 0 })
    const peer = await Peer.connect(site.loop, { port: server.port })
    peer.write('abcdefgh')
    await all
    expect(parts.join('')).toBe('abc|def|gh')
    server.abortClients()
    server.close()
    await server.waitClosed()
    await settle()
    peer.socket.destroy()
  })

  withSite('a buffered protocol that gives no memory is reported', async (site) => {
    const errors = collectErrors(site.loop)
    const lost = site.loop.createFuture<unknown>()
    const server = await createServer(
      (): StreamProtocol => ({ getBuffer: () => new Uint8Array(0), bufferUpdated: () => {}, connectionLost: (e) => { lost.setResult(nameOf(e)) } }),
      { host: '127.0.0.1', port: 0 },
    )
    const peer = await Peer.connect(site.loop, { port: server.port })
    peer.write('x')
    expect(await lost).toBe('RangeError')
    expect(errors).toHaveLength(1)
    server.close()
    await server.waitClosed()
    peer.socket.destroy()
  })
}

onEachFamily('a stream transport', contract)
