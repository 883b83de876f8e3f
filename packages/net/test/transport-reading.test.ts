import { sleep } from '@loop/core'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { BufferedProtocol, Protocol, StreamProtocol } from '../src/index.ts'
import { createServer } from '../src/index.ts'
import { MEGABYTE, siteTest } from './site.ts'
import { collectErrors, nameOf, onEachFamilyAndTls, Peer, Recording, settle } from './support.ts'

onEachFamilyAndTls('reading from a transport', (family) => {
  const withSite = siteTest(family)

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

  withSite(
    'what came with the connection waits while connectionMade paused reading, until it resumes or ends',
    async (site) => {
      await site.listen(() => ({
        connectionMade: (transport) => {
          transport.pauseReading()
        },
      }))
      const early = async (): Promise<Peer> => {
        const number = site.protocols.length
        const peer = await Peer.connect(site.loop, { port: site.server.port }, { family })
        peer.write('early')
        while (site.protocols.length === number) await settle()
        await settle()
        return peer
      }
      const first = await early()
      expect(site.first.events).toEqual(['made'])
      site.first.transport.resumeReading()
      await site.first.until((events) => events.length === 2)
      first.socket.end()
      await site.first.lost()
      const second = await early()
      site.protocols[1]!.transport.abort()
      await site.end()
      second.socket.destroy()
      first.socket.destroy()
      expect(site.first.events).toEqual(['made', ['data', 'early'], 'eof', ['lost', null]])
      expect(site.protocols[1]!.events).toEqual(['made', ['lost', null]])
    },
  )

  withSite('pausing inside dataReceived stops the next piece', async (site) => {
    await site.listen(() => ({
      dataReceived: () => {
        site.first.transport.pauseReading()
      },
    }))
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

  withSite('connections that pause and resume each other get all of it in order, and the end last', async (site) => {
    // What one pauses may be in the batch that is being delivered already; what the next resumes is delivered again.
    await site.listen(() => {
      let turn = 0
      return {
        dataReceived: () => {
          for (const [place, { transport }] of site.protocols.entries()) {
            if ((place + turn) % 3 === 0) transport.pauseReading()
            else transport.resumeReading()
          }
          turn++
        },
      }
    })
    const peers: Peer[] = []
    for (let i = 0; i < 6; i++) peers.push(await site.peer())
    const text = Array.from({ length: 300 }, (_, i) => String(i).padStart(4, '0')).join(' ')
    for (let at = 0; at < text.length; at += 50) for (const peer of peers) peer.write(text.slice(at, at + 50))
    for (const peer of peers) peer.socket.end()
    const going = site.loop.createTask(async () => {
      while (site.server.connections > 0) {
        for (const { transport } of site.protocols) transport.resumeReading()
        await sleep(1)
      }
    })
    for (const protocol of site.protocols) await protocol.lost()
    await going
    await site.end()
    for (const protocol of site.protocols)
      expect(protocol.events).toEqual(['made', ['data', text], 'eof', ['lost', null]])
    for (const peer of peers) peer.socket.destroy()
  })

  withSite('a paused reader slows the peer down', async (site) => {
    await site.listen(() => ({
      connectionMade: (transport) => {
        transport.pauseReading()
      },
    }))
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

  withSite('bytes received may be kept', async (site) => {
    const kept: Buffer[] = []
    await site.listen(() => ({
      dataReceived: (bytes) => {
        kept.push(bytes)
      },
    }))
    const peer = await site.peer()
    for (let i = 0; i < 200; i++) {
      peer.write(String(i).padStart(5, '0'))
      await site.first.until(() => site.first.received.length === 5 * (i + 1))
    }
    peer.socket.end()
    await peer.over()
    await site.end()
    expect(Buffer.concat(kept).toString()).toBe(
      Array.from({ length: 200 }, (_, i) => String(i).padStart(5, '0')).join(''),
    )
  })

  withSite("addresses are known, the peer's after the end too", async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    const peername = { family: 'IPv4', address: '127.0.0.1', port: peer.socket.localPort }
    expect(transport.getExtraInfo('peername')).toEqual(peername)
    expect(transport.getExtraInfo('sockname')).toEqual({ family: 'IPv4', address: '127.0.0.1', port: site.server.port })
    expect(transport.getExtraInfo('cipher') !== undefined).toBe(family.tls !== undefined)
    expect(transport.getExtraInfo('no such thing', 'fallback')).toBe('fallback')
    peer.socket.destroy()
    await site.first.lost()
    expect(transport.getExtraInfo('peername')).toEqual(peername)
    await site.end()
  })

  withSite('the address of a peer that reset the connection is known, though nobody asked before', async (site) => {
    const asked: unknown[] = []
    await site.listen(() => ({ connectionLost: () => asked.push(site.first.transport.getExtraInfo('peername')) }))
    const peer = await site.peer()
    const peername = { family: 'IPv4', address: '127.0.0.1', port: peer.socket.localPort }
    peer.socket.resetAndDestroy()
    await site.first.lost()
    await settle()
    expect(asked).toEqual([peername])
    expect(site.first.transport.getExtraInfo('peername')).toEqual(peername)
    expect(inspect(site.first.transport)).toBe(`Transport(127.0.0.1:${peername.port}, closing)`)
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

  withSite('a buffered protocol is given its bytes in its own memory', async (site) => {
    const memory = new Uint8Array(7)
    const parts: string[] = []
    const lost = site.loop.createFuture<unknown>()
    const buffered: BufferedProtocol = {
      getBuffer: (hint) => {
        expect(hint).toBeGreaterThan(0)
        return memory
      },
      bufferUpdated: (count) => {
        parts.push(Buffer.from(memory.subarray(0, count)).toString())
      },
      connectionLost: (error) => {
        lost.setResult(nameOf(error))
      },
    }
    const server = await createServer((): StreamProtocol => buffered, {
      host: '127.0.0.1',
      port: 0,
      ...family.tls?.server,
    })
    const peer = await Peer.connect(site.loop, { port: server.port }, { family })
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
    const server = await createServer(
      (): StreamProtocol => {
        const buffered: BufferedProtocol & { transport?: Parameters<NonNullable<Protocol['connectionMade']>>[0] } = {
          connectionMade(transport) {
            this.transport = transport
          },
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
      },
      { host: '127.0.0.1', port: 0, ...family.tls?.server },
    )
    const peer = await Peer.connect(site.loop, { port: server.port }, { family })
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
      (): StreamProtocol => ({
        getBuffer: () => new Uint8Array(0),
        bufferUpdated: () => {},
        connectionLost: (e) => {
          lost.setResult(nameOf(e))
        },
      }),
      { host: '127.0.0.1', port: 0, ...family.tls?.server },
    )
    const peer = await Peer.connect(site.loop, { port: server.port }, { family })
    peer.write('x')
    expect(await lost).toBe('RangeError')
    expect(errors).toHaveLength(1)
    server.close()
    await server.waitClosed()
    peer.socket.destroy()
  })
})
