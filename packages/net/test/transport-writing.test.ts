import process from 'node:process'
import { expect } from 'vitest'
import { TransportClosedError } from '../src/index.ts'
import { checkGrammar, MEGABYTE, siteTest } from './site.ts'
import { collectErrors, onEachFamilyAndTls, settle } from './support.ts'

onEachFamilyAndTls('writing to a transport', (family) => {
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
        connectionMade: () => {
          send()
        },
        pauseWriting: () => {
          paused = true
        },
        resumeWriting: () => {
          paused = false
          send()
        },
      }
    })
    const peer = await site.peer({ paused: true })
    await site.first.until((events) => events.includes('pauseWriting'))
    let before = -1
    // Until the kernel's buffers of both sides are full.
    while (before !== written) {
      before = written
      await settle()
    }
    expect(written).toBeLessThan(total)
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
    expect(() => {
      transport.setWriteBufferLimits({ high: 10, low: 20 })
    }).toThrow(RangeError)
    expect(() => {
      transport.setWriteBufferLimits({ high: -1 })
    }).toThrow(RangeError)
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
    expect(() => {
      transport.write(Buffer.from('x'))
    }).toThrow(TransportClosedError)
    expect(() => {
      transport.writeEof()
    }).toThrow(TransportClosedError)
    peer.socket.end()
    await site.end()
    expect(() => {
      transport.write(Buffer.from('x'))
    }).toThrow(TransportClosedError)
    peer.socket.destroy()
  })

  withSite('what is no bytes is refused', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    for (const wrong of ['text', 5, null, [1]])
      expect(() => {
        transport.write(wrong as never)
      }).toThrow(TypeError)
    transport.close()
    peer.socket.end()
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

  withSite('close sends all that was written, whatever the size', async (site) => {
    for (const size of [10_000, 300_000, 3 * MEGABYTE]) {
      await site.listen(() => ({
        connectionMade: (transport) => {
          transport.write(Buffer.alloc(size, 'w'))
          transport.close()
        },
      }))
      const peer = await site.peer()
      await peer.until(() => peer.ended)
      peer.socket.end()
      await site.end()
      expect(peer.size).toBe(size)
      expect(peer.error).toBe(null)
      site.protocols.length = 0
    }
  })

  withSite('room to write is reported while reading is paused, and input waits behind the pause', async (site) => {
    await site.listen(() => ({
      dataReceived: () => {
        const { transport, events } = site.first
        if (events.includes('pauseWriting')) return
        transport.write(Buffer.alloc(8 * MEGABYTE))
        transport.pauseReading()
      },
    }))
    const peer = await site.peer({ paused: true })
    peer.write(Buffer.alloc(2 * MEGABYTE))
    await site.first.until((events) => events.includes('pauseWriting'))
    await settle()
    peer.socket.resume()
    await site.first.until((events) => events.includes('resumeWriting'))
    site.first.transport.abort()
    await site.end()
    peer.socket.destroy()
    checkGrammar(site.first)
  })

  withSite(
    'a connection that breaks with bytes unsent is lost with an error, and resumeWriting is not called',
    async (site) => {
      await site.listen(() => ({
        dataReceived: () => {
          site.first.transport.write(Buffer.alloc(20 * MEGABYTE))
        },
      }))
      const peer = await site.peer({ paused: true })
      peer.write('go')
      await site.first.until((events) => events.includes('pauseWriting'))
      await settle()
      peer.socket.resetAndDestroy()
      await site.first.lost()
      expect(site.first.events.slice(0, -1)).toEqual(['made', ['data', 'go'], 'pauseWriting'])
      expect(['ECONNRESET', 'EPIPE']).toContain((site.first.events.at(-1) as unknown[])[1])
      await site.end()
    },
  )

  withSite('a connection that is given up in pauseWriting is lost next', async (site) => {
    await site.listen(() => ({
      dataReceived: () => {
        site.first.transport.write(Buffer.alloc(20 * MEGABYTE))
      },
      pauseWriting: () => {
        site.first.transport.abort()
      },
    }))
    const peer = await site.peer({ paused: true })
    peer.write('go')
    await site.first.lost()
    await settle()
    expect(site.first.events).toEqual(['made', ['data', 'go'], 'pauseWriting', ['lost', null]])
    peer.socket.destroy()
    await site.end()
  })

  withSite('writing to a connection that ended by itself harms nobody, and is reported once', async (site) => {
    const errors = collectErrors(site.loop)
    let written = 0
    const writeOften = (): void => {
      for (let i = 0; i < 10; i++) {
        site.first.transport.write(Buffer.from('news'))
        written++
      }
    }
    await site.listen(() => ({
      eofReceived: () => {
        site.loop.callSoon(writeOften)
      },
    }))
    const peer = await site.peer()
    peer.socket.end()
    await site.first.lost()
    await site.end()
    expect(written).toBe(10)
    expect(errors.map(({ message }) => message)).toEqual([
      '5 writes to a connection that the peer had ended were dropped; stop writing at connectionLost, or ask isClosing()',
    ])
  })

  withSite('who writes to a connection that an exception ended harms nobody', async (site) => {
    const errors = collectErrors(site.loop)
    const written = site.loop.createFuture<void>()
    await site.listen(() => ({
      dataReceived: () => {
        site.loop.callSoon(() => {
          site.first.transport.write(Buffer.from('reply'))
          written.setResult()
        })
        throw new Error('a bug')
      },
    }))
    const peer = await site.peer()
    peer.write('x')
    await written
    await site.end()
    expect(errors).toHaveLength(1)
  })

  withSite('many small writes that wait cost about their bytes', async (site) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    while (transport.getWriteBufferSize() < 65_536) transport.write(Buffer.alloc(65_536))
    const newline = Buffer.from('\n')
    const before = process.memoryUsage()
    const count = 400_000
    for (let i = 0; i < count; i++) transport.write(newline)
    const after = process.memoryUsage()
    // An object for each would be a hundred bytes and more.
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(20 * count)
    transport.abort()
    await site.end()
    peer.socket.destroy()
  })

  withSite('flush gives what was written to the system at once', async (site) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    transport.write(Buffer.from('before a long computation'))
    transport.flush()
    expect(transport.getWriteBufferSize()).toBe(family.tls === undefined ? 0 : transport.getWriteBufferSize())
    peer.socket.resume()
    await peer.until(() => peer.text === 'before a long computation')
    transport.close()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
  })
})
