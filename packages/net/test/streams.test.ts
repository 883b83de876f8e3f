import type { EventLoop } from '@loop/core'
import { CancelledError, InvalidStateError, sleep, TimeoutError, timeout } from '@loop/core'
import { expect, test } from 'vitest'
import { ConnectionLostError, IncompleteReadError, LimitOverrunError } from '../src/index.ts'
import { openConnection, startServer, StreamReader } from '../src/streams/index.ts'
import { collectErrors, families, nameOf, onEachFamily, onLoop, Peer, settle } from './support.ts'

const onNode = (body: (loop: EventLoop) => Promise<void>): Promise<void> => onLoop(families[0]!, body)
const text = async (read: PromiseLike<Buffer>): Promise<string> => (await read).toString()

/** A reader with bytes in it. */
function filled(loop: EventLoop, pieces: string[], { end = true, limit = 64 } = {}): StreamReader {
  const reader = new StreamReader(loop, limit)
  for (const piece of pieces) reader.feed(Buffer.from(piece))
  if (end) reader.feedEof()
  return reader
}

test('read takes up to so many bytes of what is there, or everything to the end', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['abc', 'def', 'ghi'])
    expect(await text(reader.read(2))).toBe('ab')
    expect(await text(reader.read(5))).toBe('cdefg')
    expect(await text(reader.read(0))).toBe('')
    expect(reader.atEof()).toBe(false)
    expect(await text(reader.read())).toBe('hi')
    expect(reader.atEof()).toBe(true)
    expect(await text(reader.read(5))).toBe('')
  }))

test('readExactly waits for all of them, and says what it got when the stream ends', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['abc'], { end: false })
    const read = text(reader.readExactly(5))
    reader.feed(Buffer.from('defgh'))
    expect(await read).toBe('abcde')
    reader.feedEof()
    const error = await Promise.resolve(reader.readExactly(9)).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(IncompleteReadError)
    expect(error).toMatchObject({ expected: 9, message: 'the stream ended after 3 of 9 expected bytes' })
    expect((error as IncompleteReadError).partial.toString()).toBe('fgh')
  }))

test('readUntil finds a separator that comes in pieces', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['key: value\r', '\nnext\r\n\r'], { end: false })
    expect(await text(reader.readUntil('\r\n'))).toBe('key: value\r\n')
    const read = text(reader.readUntil(Buffer.from('\r\n\r\n')))
    reader.feed(Buffer.from('\nrest'))
    expect(await read).toBe('next\r\n\r\n')
    reader.feedEof()
    await expect(Promise.resolve(reader.readUntil('\r\n'))).rejects.toMatchObject({ name: 'IncompleteReadError', expected: undefined })
    expect(() => reader.readUntil('')).toThrow(RangeError)
  }))

test('a separator beyond the limit is an error that takes nothing', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['x'.repeat(70), '\ny'], { limit: 64 })
    const error = await Promise.resolve(reader.readUntil('\n')).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(LimitOverrunError)
    expect(error).toMatchObject({ consumed: 70 })
    expect(await text(reader.readExactly(71))).toBe('x'.repeat(70) + '\n')
    const endless = filled(loop, ['z'.repeat(100)], { limit: 64, end: false })
    await expect(Promise.resolve(endless.readLine())).rejects.toMatchObject({ name: 'LimitOverrunError', consumed: 100 })
  }))

test('readLine and lines give lines with their newlines, the last as it is', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['one\ntw', 'o\n\nlast'])
    expect(await text(reader.readLine())).toBe('one\n')
    const lines: string[] = []
    for await (const line of reader.lines()) lines.push(line.toString())
    expect(lines).toEqual(['two\n', '\n', 'last'])
    expect(await text(reader.readLine())).toBe('')
  }))

test('iteration gives the pieces as they came', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['one', 'two'], { end: false })
    loop.callLater(1, () => { reader.feed(Buffer.from('three')) })
    loop.callLater(2, () => { reader.feedEof() })
    const pieces: string[] = []
    for await (const piece of reader) pieces.push(piece.toString())
    expect(pieces).toEqual(['one', 'two', 'three'])
  }))

test('generator tasks read too', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['head'], { end: false })
    loop.callLater(1, () => { reader.feed(Buffer.from('tail\n')) })
    const task = loop.createTask(function* () {
      const head = yield* reader.readExactly(4) as Iterable<never> & PromiseLike<Buffer>
      const tail = yield* reader.readLine() as Iterable<never> & PromiseLike<Buffer>
      return [head, tail].map(String)
    })
    expect(await task).toEqual(['head', 'tail\n'])
  }))

test('a failure is thrown by every read from then on', () =>
  onNode(async (loop) => {
    const reader = filled(loop, [], { end: false })
    const torn = new Error('torn')
    const read = Promise.resolve(reader.read(1))
    loop.callSoon(() => { reader.setException(torn) })
    await expect(read).rejects.toBe(torn)
    expect(reader.exception()).toBe(torn)
    await expect(Promise.resolve(reader.readLine())).rejects.toBe(torn)
  }))

test('one task reads at a time', () =>
  onNode(async (loop) => {
    const reader = filled(loop, [], { end: false })
    const first = loop.createTask(async () => text(reader.read(1)))
    await sleep(0)
    expect(() => reader.read(1)).toThrow(InvalidStateError)
    reader.feed(Buffer.from('x'))
    expect(await first).toBe('x')
  }))

test('reads that are begun one after the other are answered in that order', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['abcdef'])
    const reads = [reader.read(2), reader.read(2), reader.read(2)]
    expect(await Promise.all(reads.map(text))).toEqual(['ab', 'cd', 'ef'])
  }))

test('a read that times out loses nothing', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['par'], { end: false })
    await expect(Promise.resolve(timeout(2, async () => { await reader.readLine() }))).rejects.toThrow(TimeoutError)
    reader.feed(Buffer.from('tial\n'))
    expect(await text(reader.readLine())).toBe('partial\n')
  }))

test('a task that is cancelled between arrival and answer loses nothing', () =>
  onNode(async (loop) => {
    for (const form of ['async', 'generator']) {
      const reader = filled(loop, [], { end: false })
      const task =
        form === 'async'
          ? loop.createTask(async () => { await reader.read(10) })
          : loop.createTask(function* () { yield* reader.read(10) as Iterable<never> & PromiseLike<Buffer> })
      await sleep(0)
      await sleep(0)
      reader.feed(Buffer.from('kept'))
      task.cancel()
      await expect(task.then()).rejects.toThrow(CancelledError)
      expect(await text(reader.read(10))).toBe('kept')
    }
  }))

test('too much pauses the transport, reading resumes it', () =>
  onNode(async (loop) => {
    const calls: string[] = []
    const reader = filled(loop, [], { end: false, limit: 10 })
    reader.setTransport({ pauseReading: () => calls.push('pause'), resumeReading: () => calls.push('resume') })
    reader.feed(Buffer.alloc(20))
    expect(calls).toEqual([])
    reader.feed(Buffer.alloc(1))
    expect(calls).toEqual(['pause'])
    await reader.read(5)
    expect(calls).toEqual(['pause'])
    await reader.readExactly(10)
    expect(calls).toEqual(['pause', 'resume'])
    // A read of more than the limit must not wait for itself.
    reader.feed(Buffer.alloc(30))
    expect(calls).toEqual(['pause', 'resume', 'pause'])
    const read = reader.readExactly(50)
    expect(calls).toEqual(['pause', 'resume', 'pause', 'resume'])
    reader.feed(Buffer.alloc(30))
    expect((await read).length).toBe(50)
  }))

test('nonsense is refused', () =>
  onNode(async (loop) => {
    const reader = new StreamReader(loop)
    for (const count of [-1, 1.5, Number.NaN, '3' as never]) {
      expect(() => reader.read(count)).toThrow(RangeError)
      expect(() => reader.readExactly(count)).toThrow(RangeError)
    }
    expect(() => new StreamReader(loop, 0)).toThrow(RangeError)
    expect(() => startServer(null as never, { port: 0 })).toThrow(TypeError)
    reader.feedEof()
    expect(() => { reader.feed(Buffer.from('late')) }).toThrow(InvalidStateError)
    await sleep(0)
  }))

onEachFamily('streams', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }
  const LOCAL = { host: '127.0.0.1', port: 0 }

  check('a server answers line by line', async () => {
    const server = await startServer(async (reader, writer) => {
      for await (const line of reader.lines()) writer.write(Buffer.from(line.toString().toUpperCase()))
      writer.close()
    }, LOCAL)
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
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
    const peer = await Peer.connect(loop, { port: server.port }, { paused: true })
    await settle()
    const before = sent
    await settle()
    expect(sent).toBe(before)
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
    const peer = await Peer.connect(loop, { port: server.port })
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
      await Promise.resolve(writer.drain()).catch((error: unknown) => outcome.push(error instanceof ConnectionLostError))
      await Promise.resolve(writer.waitClosed()).catch((error: unknown) => outcome.push(nameOf(error)))
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port })
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
    const server = await startServer(async () => { throw bug }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port })
    await peer.until(() => peer.ended)
    peer.socket.end()
    server.close()
    await server.waitClosed()
    expect(errors.map(({ exception }) => exception)).toEqual([bug])
  })

  check('generator handlers serve too, and writers are async resources', async (loop) => {
    const server = await startServer(function* (reader, writer) {
      const line = yield* reader.readLine() as Iterable<never> & PromiseLike<Buffer>
      writer.write(line)
      yield* writer.drain() as Iterable<never> & PromiseLike<void>
      writer.close()
    }, LOCAL)
    const [reader, connected] = await openConnection({ host: '127.0.0.1', port: server.port, loop })
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
})
