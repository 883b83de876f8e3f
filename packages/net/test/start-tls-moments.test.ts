import type { EventLoop } from '@loop/core'
import { CancelledError, InvalidStateError, sleep } from '@loop/core'
import net from 'node:net'
import { expect, test } from 'vitest'
import type { Transport } from '../src/index.ts'
import { createConnection, createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { cert, key, nameOf, onEachTls, onLoop, Recording } from './support.ts'

const text = (value: string): Buffer => Buffer.from(value)

onEachTls('TLS begun at odd moments', (family, tlsEngine) => {
  const identity = { key, cert, tlsEngine } as const
  const trusted = { ca: cert, servername: 'localhost', tlsEngine } as const
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  /** Both ends of a plain connection, as protocols that record. */
  const pairOf = async (loop: EventLoop) => {
    const accepted = loop.createFuture<Recording>()
    const server = await createServer(
      () => {
        const made = new Recording(loop)
        accepted.setResult(made)
        return made
      },
      { host: '127.0.0.1', port: 0 },
    )
    const [, near] = await createConnection(() => new Recording(loop), { host: '127.0.0.1', port: server.port })
    const far = await accepted
    await far.until((events) => events.length > 0)
    const end = async (): Promise<void> => {
      near.transport.abort()
      far.transport.abort()
      server.close()
      await server.waitClosed()
    }
    return { near, far, end }
  }

  check('what is asked of a transport during the handshake holds for the secure connection', async (loop) => {
    const { near, far, end } = await pairOf(loop)
    const begun = [far.transport.startTls(identity), near.transport.startTls(trusted)]
    // The handshake is under way.
    await sleep(1)
    const next = new Recording(loop)
    far.transport.setProtocol(next)
    far.transport.pauseReading()
    far.transport.setWriteBufferLimits({ high: 10, low: 5 })
    expect(() => {
      far.transport.writeEof()
    }).toThrow(InvalidStateError)
    for (const upgrade of begun) await upgrade
    expect(far.transport.isReading()).toBe(false)
    expect(far.transport.getWriteBufferLimits()).toEqual({ high: 10, low: 5 })
    near.transport.write(text('secret'))
    await sleep(20)
    expect(next.events).toEqual([])
    far.transport.resumeReading()
    await next.until((events) => events.length > 0)
    expect(next.events).toEqual([['data', 'secret']])
    expect(far.events).toEqual(['made'])
    await end()
  })

  check('a buffered protocol that takes over during the handshake gets what is said in secret', async (loop) => {
    const { near, far, end } = await pairOf(loop)
    const begun = [far.transport.startTls(identity), near.transport.startTls(trusted)]
    await sleep(1)
    const memory = Buffer.alloc(4)
    const seen: string[] = []
    const all = loop.createFuture<void>()
    near.transport.setProtocol({
      getBuffer: () => memory,
      bufferUpdated(count: number) {
        seen.push(memory.toString('latin1', 0, count))
        if (seen.join('') === 'in secret') all.setResult()
      },
    })
    for (const upgrade of begun) await upgrade
    far.transport.write(text('in secret'))
    await all
    await end()
  })

  check('a task that is cancelled in the handshake leaves no connection between plain text and TLS', async (loop) => {
    const { near, far, end } = await pairOf(loop)
    // Nobody answers the handshake.
    const task = loop.createTask(async () => {
      await near.transport.startTls(trusted)
    })
    await sleep(5)
    task.cancel()
    await expect(task).rejects.toThrow(CancelledError)
    await near.lost()
    expect(near.transport.isClosing()).toBe(true)
    expect(near.events.at(-1)).toEqual(['lost', null])
    // As after any end that the program did not ask for.
    near.transport.write(text('dropped'))
    await far.lost()
    await end()
  })

  for (const [moment, wait, paused] of [
    ['with the command', 0, false],
    ['before TLS is begun', 20, false],
    ['while reading is paused', 20, true],
  ] as const) {
    check(`a peer that ends ${moment} is not waited for`, async (loop) => {
      const outcome = loop.createFuture<string | null>()
      const lost = loop.createFuture<void>()
      const server = await createServer(
        () => {
          let transport: Transport
          return {
            connectionMade(made) {
              transport = made
            },
            dataReceived() {
              if (paused) transport.pauseReading()
              const begin = (): void => {
                Promise.resolve(transport.startTls(identity)).then(
                  () => {
                    outcome.setResult(null)
                  },
                  (error: unknown) => {
                    outcome.setResult(nameOf(error))
                  },
                )
              }
              if (wait === 0) begin()
              else loop.callLater(wait, begin)
            },
            eofReceived: () => true,
            connectionLost() {
              lost.setResult()
            },
          }
        },
        { host: '127.0.0.1', port: 0 },
      )
      const peer = net.connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true }).on('error', () => {})
      peer.end('STARTTLS\n')
      // The limit of a handshake is a minute; its error is the peer's, not the clock's.
      expect(await outcome).toBe('ECONNRESET')
      await lost
      peer.destroy()
      server.close()
      await server.waitClosed()
    })
  }

  check('a reader with a short limit goes on after TLS that came behind the command at once', async (loop) => {
    const server = await startServer(
      async (reader, writer) => {
        await reader.readLine()
        // What follows is more than the reader keeps.
        await sleep(20)
        await writer.startTls(identity)
        writer.write(await reader.readLine())
        writer.close()
      },
      { host: '127.0.0.1', port: 0, limit: 16 },
    )
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    writer.write(text('STARTTLS\n'))
    await writer.startTls(trusted)
    writer.write(text('hello\n'))
    expect((await loop.wrap(Promise.resolve(reader.readLine()))).toString()).toBe('hello\n')
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
  })
})
