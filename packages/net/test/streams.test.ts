import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { ConnectionLostError } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { collectErrors, nameOf, onEachFamilyAndTls, onLoop, Peer, settle } from './support.ts'

const text = async (read: PromiseLike<Buffer>): Promise<string> => (await read).toString()

onEachFamilyAndTls('streams', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }
  const LOCAL = { host: '127.0.0.1', port: 0, ...family.tls?.server }

  check('a server answers line by line', async () => {
    const server = await startServer(async (reader, writer) => {
      for await (const line of reader.lines()) writer.write(Buffer.from(line.toString().toUpperCase()))
      writer.close()
    }, LOCAL)
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port, ...family.tls?.client })
    writer.writeLines([Buffer.from('one\n'), Buffer.from('two\n')])
    expect(await text(reader.readLine())).toBe('ONE\n')
    expect(await text(reader.readLine())).toBe('TWO\n')
    writer.writeEof()
    expect(await text(reader.read())).toBe('')
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
  })

  check('texts are written as UTF-8, alone and among bytes', async () => {
    const server = await startServer(async (reader, writer) => {
      writer.write(`grüß ${(await reader.readLine()).toString()}`)
      writer.writeLines(['é\n', Buffer.from('b\n'), ''])
      writer.close()
    }, LOCAL)
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port, ...family.tls?.client })
    writer.write('dich\n')
    expect(await text(reader.read())).toBe('grüß dich\né\nb\n')
    await writer[Symbol.asyncDispose]()
    server.close()
    await server.waitClosed()
  })

  check('drain waits for a slow reader, and memory stays bounded', async (loop) => {
    const piece = Buffer.alloc(16 * 1024, 'd')
    let sent = 0
    let most = 0
    const server = await startServer(async (_reader, writer) => {
      for (; sent < 16 * 1024 * 1024; sent += piece.length) {
        writer.write(piece)
        most = Math.max(most, writer.transport.getWriteBufferSize())
        await writer.drain()
      }
      writer.close()
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { paused: true, family })
    // It stops for as long as the peer does not read; a slow machine takes a while to fill what is in between.
    let before: number
    do {
      before = sent
      await settle()
    } while (sent !== before)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    peer.socket.resume()
    await peer.until(() => peer.ended)
    peer.socket.end()
    server.close()
    await server.waitClosed()
    expect(peer.size).toBe(16 * 1024 * 1024)
    expect(most).toBeLessThanOrEqual(64 * 1024 + piece.length)
  })

  check('a reader that does not read slows its peer down', async (loop) => {
    const begin = loop.createFuture<void>()
    const size = 32 * 1024 * 1024
    let received = 0
    const server = await startServer(async (reader, writer) => {
      await begin
      received = (await reader.read()).length
      writer.close()
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { family })
    peer.socket.end(Buffer.alloc(size))
    await settle()
    expect(peer.socket.writableLength).toBeGreaterThan(0)
    begin.setResult()
    await peer.until(() => peer.ended)
    server.close()
    await server.waitClosed()
    expect(received).toBe(size)
  })

  check('a lost connection ends reads, drains and waitClosed with its error', async (loop) => {
    const outcome: unknown[] = []
    const server = await startServer(async (reader, writer) => {
      await Promise.resolve(reader.read(1)).catch((error: unknown) => outcome.push(nameOf(error)))
      await Promise.resolve(writer.drain()).catch((error: unknown) =>
        outcome.push(error instanceof ConnectionLostError),
      )
      await Promise.resolve(writer.waitClosed()).catch((error: unknown) => outcome.push(nameOf(error)))
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { family })
    await settle()
    peer.socket.resetAndDestroy()
    while (server.connections > 0) await sleep(1)
    await settle()
    server.close()
    await server.waitClosed()
    expect(outcome).toEqual(['ECONNRESET', true, 'ECONNRESET'])
  })

  check('a handler that fails is reported, and its connection closed', async (loop) => {
    const errors = collectErrors(loop)
    const bug = new Error('handler bug')
    const server = await startServer(async () => {
      throw bug
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { family })
    await peer.until(() => peer.ended)
    peer.socket.end()
    server.close()
    await server.waitClosed()
    expect(errors.map(({ exception }) => exception)).toEqual([bug])
  })

  check('a client that resets fails its handler, as in asyncio, and the report names it', async (loop) => {
    const errors = collectErrors(loop)
    const server = await startServer(async (reader) => {
      for await (const _bytes of reader) continue
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { family })
    const { localPort } = peer.socket
    while (server.connections === 0) await sleep(1)
    await settle()
    peer.socket.resetAndDestroy()
    while (errors.length === 0) await sleep(1)
    expect(errors.map(({ exception, transport }) => [nameOf(exception), inspect(transport)])).toEqual([
      ['ECONNRESET', `Transport(127.0.0.1:${localPort}, closing)`],
    ])
    server.close()
    await server.waitClosed()
  })

  check('generator handlers serve too, and writers are async resources', async (loop) => {
    const server = await startServer(function* (reader, writer) {
      const line = yield* reader.readLine() as Iterable<never> & PromiseLike<Buffer>
      writer.write(line)
      yield* writer.drain() as Iterable<never> & PromiseLike<void>
      writer.close()
    }, LOCAL)
    const [reader, connected] = await openConnection({
      host: '127.0.0.1',
      port: server.port,
      loop,
      ...family.tls?.client,
    })
    {
      await using writer = connected
      writer.write(Buffer.from('generator\n'))
      expect(await text(reader.read())).toBe('generator\n')
      expect(writer.getExtraInfo('peername')).toMatchObject({ port: server.port })
    }
    expect(connected.isClosing()).toBe(true)
    server.close()
    await server.waitClosed()
  })

  check('an echo with drain comes to an end with a peer that begins to read late', async (loop) => {
    const size = 12_000_000
    const server = await startServer(async (reader, writer) => {
      for await (const piece of reader) {
        writer.write(piece)
        await writer.drain()
      }
      writer.close()
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { paused: true, family })
    peer.write(Buffer.alloc(size))
    peer.socket.end()
    for (let i = 0; i < 5; i++) await settle()
    peer.socket.resume()
    await peer.until(() => peer.ended)
    expect(peer.size).toBe(size)
    server.close()
    await server.waitClosed()
  })

  check('drain rejects on a connection that breaks, and on one that was closed', async (loop) => {
    const outcomes: unknown[] = []
    const server = await startServer(async (_reader, writer) => {
      writer.write(Buffer.alloc(20_000_000))
      await Promise.resolve(writer.drain()).catch((error: unknown) => outcomes.push(error))
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { paused: true, family })
    await settle()
    peer.socket.resetAndDestroy()
    while (outcomes.length === 0) await sleep(1)
    const [, writer] = await openConnection({ host: '127.0.0.1', port: server.port, ...family.tls?.client })
    writer.close()
    await Promise.resolve(writer.drain()).catch((error: unknown) => outcomes.push(error))
    expect(outcomes.map((error) => error instanceof ConnectionLostError)).toEqual([true, true])
    server.close()
    server.abortClients()
    await server.waitClosed()
    await Promise.resolve(writer.waitClosed()).catch(() => {})
  })

  check("an answer after the peer's end reaches it", async (loop) => {
    const server = await startServer(async (reader, writer) => {
      const all = await reader.read()
      await sleep(5)
      writer.write(Buffer.from(`heard ${all.length}`))
      writer.close()
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port }, { family })
    peer.socket.end('a question')
    await peer.until(() => peer.ended)
    expect(peer.text).toBe('heard 10')
    server.close()
    await server.waitClosed()
  })

  check('of peers that go away together the first is reported, and the others with their number', async (loop) => {
    const errors = collectErrors(loop)
    const server = await startServer(async (reader) => {
      await reader.readExactly(100)
    }, LOCAL)
    const peers: Peer[] = []
    for (let i = 0; i < 30; i++) peers.push(await Peer.connect(loop, { port: server.port }, { family }))
    while (server.connections < 30) await sleep(1)
    for (const peer of peers) peer.socket.resetAndDestroy()
    while (errors.length < 2) await sleep(5)
    server.close()
    await server.waitClosed()
    expect(errors.map(({ message }) => message)).toEqual([
      'Unhandled exception in the handler of a client; its connection is closed',
      '29 more handlers of clients were ended by the loss of their connections; the first exception is given',
    ])
    expect(errors[1]).toMatchObject({ count: 29 })
  })
})
