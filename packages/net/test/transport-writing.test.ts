import { expect } from 'vitest'
import { TransportClosedError } from '../src/index.ts'
import { checkGrammar, MEGABYTE, siteTest } from './site.ts'
import { collectErrors, onEachFamily, settle } from './support.ts'

onEachFamily('writing to a transport', (family) => {
  const withSite = siteTest(family)

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
})
