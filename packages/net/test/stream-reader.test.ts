import { CancelledError, EventLoop, gather, InvalidStateError, sleep, TimeoutError, timeout, waitFor } from '@loop/core'
import { expect, test } from 'vitest'
import { IncompleteReadError, LimitOverrunError } from '../src/index.ts'
import { startServer, StreamReader } from '../src/streams/index.ts'
import { families, filled, onLoop } from './support.ts'

const onNode = (body: (loop: EventLoop) => Promise<void>): Promise<void> => onLoop(families[0]!, body)
const text = async (read: PromiseLike<Buffer>): Promise<string> => (await read).toString()

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
    await expect(Promise.resolve(reader.readUntil('\r\n'))).rejects.toMatchObject({
      name: 'IncompleteReadError',
      expected: undefined,
    })
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
    await expect(Promise.resolve(endless.readLine())).rejects.toMatchObject({
      name: 'LimitOverrunError',
      consumed: 100,
    })
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
    loop.callLater(1, () => {
      reader.feed(Buffer.from('three'))
    })
    loop.callLater(2, () => {
      reader.feedEof()
    })
    const pieces: string[] = []
    for await (const piece of reader) pieces.push(piece.toString())
    expect(pieces).toEqual(['one', 'two', 'three'])
  }))

test('generator tasks read too', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['head'], { end: false })
    loop.callLater(1, () => {
      reader.feed(Buffer.from('tail\n'))
    })
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
    loop.callSoon(() => {
      reader.setException(torn)
    })
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
    await expect(
      Promise.resolve(
        timeout(2, async () => {
          await reader.readLine()
        }),
      ),
    ).rejects.toThrow(TimeoutError)
    reader.feed(Buffer.from('tial\n'))
    expect(await text(reader.readLine())).toBe('partial\n')
  }))

test('a read may be handed to waitFor and gather', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['par'], { end: false })
    await expect(Promise.resolve(waitFor(reader.readLine(), 2))).rejects.toThrow(TimeoutError)
    reader.feed(Buffer.from('tial\n'))
    expect(await text(waitFor(reader.readLine(), 1000))).toBe('partial\n')
    const waiting = waitFor(reader.readLine(), 1000)
    loop.callSoon(() => {
      reader.feed(Buffer.from('later\n'))
    })
    expect(await text(waiting)).toBe('later\n')
    const other = filled(loop, ['other\n'])
    reader.feed(Buffer.from('one\n'))
    expect((await gather([reader.readLine(), other.readLine()])).map(String)).toEqual(['one\n', 'other\n'])
  }))

test('a task that is cancelled between arrival and answer loses nothing', () =>
  onNode(async (loop) => {
    for (const form of ['async', 'generator']) {
      const reader = filled(loop, [], { end: false })
      const task =
        form === 'async'
          ? loop.createTask(async () => {
              await reader.read(10)
            })
          : loop.createTask(function* () {
              yield* reader.read(10) as Iterable<never> & PromiseLike<Buffer>
            })
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
    for (const count of [-2, 1.5, Number.NaN, '3' as never]) {
      expect(() => reader.read(count)).toThrow(RangeError)
      expect(() => reader.readExactly(count)).toThrow(RangeError)
    }
    expect(() => new StreamReader(loop, 0)).toThrow(RangeError)
    expect(() => startServer(null as never, { port: 0 })).toThrow(TypeError)
    reader.feedEof()
    expect(() => {
      reader.feed(Buffer.from('late'))
    }).toThrow(InvalidStateError)
    await sleep(0)
  }))

test('reading to the end is also asked for with -1', () =>
  onNode(async (loop) => {
    const reader = filled(loop, ['one', 'two'])
    expect(await text(reader.read(-1))).toBe('onetwo')
    expect(await text(reader.read(-1))).toBe('')
    expect(() => reader.read(-2)).toThrow(RangeError)
    expect(() => reader.read(Symbol('many') as unknown as number)).toThrow(
      'read takes a whole number of bytes from 0, got Symbol(many)',
    )
  }))

test('of several separators the one that ends first counts, also when they come in pieces', () =>
  onNode(async (loop) => {
    const separators = ['\r\n', '\n', Buffer.from('END')]
    const reader = filled(loop, ['one\ntwo\r', '\nthreeE', 'N', 'Dfour\r\nrest'])
    const lines: string[] = []
    for (let i = 0; i < 4; i++) lines.push(await text(reader.readUntil(separators)))
    expect(lines).toEqual(['one\n', 'two\r\n', 'threeEND', 'four\r\n'])
    await expect(Promise.resolve(reader.readUntil(separators))).rejects.toMatchObject({ name: 'IncompleteReadError' })
    expect(() => reader.readUntil([])).toThrow(RangeError)
    expect(() => reader.readUntil(['a', 7 as unknown as string])).toThrow('a separator is text or bytes, got 7')
  }))

test('a timeout around an iteration ends its wait, and the reader can be read again', () =>
  onNode(async (loop) => {
    const reader = filled(loop, [], { end: false })
    const all = async (): Promise<void> => {
      for await (const piece of reader) void piece
    }
    await expect(timeout(5, all)).rejects.toBeInstanceOf(TimeoutError)
    reader.feed(Buffer.from('later'))
    expect(await reader[Symbol.asyncIterator]().next()).toEqual({ done: false, value: Buffer.from('later') })
  }))

test('iterating a reader of another loop, or one that is being read, is refused', () =>
  onNode(async (loop) => {
    const other = new EventLoop()
    const elsewhere = new StreamReader(other)
    const next = (reader: StreamReader): Promise<unknown> => Promise.resolve(reader[Symbol.asyncIterator]().next())
    await expect(next(elsewhere)).rejects.toThrow('a task awaits a future that belongs to another loop')
    other.close()
    const reader = filled(loop, [], { end: false })
    const first = next(reader)
    await expect(next(reader)).rejects.toThrow('another task is reading from this stream; one at a time')
    reader.feedEof()
    expect(await first).toEqual({ done: true, value: undefined })
  }))
