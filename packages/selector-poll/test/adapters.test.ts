import type { EventLoop } from '@loop/core'
import { EventLoop as Loop } from '@loop/core'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { BrokenPipeError, memoryDuplex, PollSelector, watchPort, watchStream } from '../src/index.ts'

const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString()

/** Runs `body` on a loop over a poll selector until `done` is called. */
async function onLoop(body: (loop: EventLoop, done: () => void) => void): Promise<void> {
  const loop = new Loop({ selector: new PollSelector() })
  const finished = loop.createFuture<void>()
  await loop.runUntilComplete(async () => {
    body(loop, () => {
      finished.setResult()
    })
    await finished
  })
  expect(loop.statistics().sources).toBe(0)
  loop.close()
}

test('a socket is read and written as it becomes ready, to its end', async () => {
  const server = net.createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const source = watchStream(socket)
  const seen: string[] = []
  await onLoop((loop, done) => {
    loop.addWriter(source, () => {
      seen.push('writable')
      loop.removeWriter(source)
      source.write('hello')
      socket.end()
    })
    loop.addReader(source, () => {
      const chunk = source.read()
      if (chunk !== null) seen.push(text(chunk))
      if (!source.ended) return
      seen.push('end')
      loop.removeReader(source)
      done()
    })
  })
  expect(seen).toEqual(['writable', 'hello', 'end'])
  source.release()
  socket.destroy()
  server.close()
})

test('a stream is writable again after it was full', async () => {
  const stream = new PassThrough({ highWaterMark: 4 })
  const source = watchStream(stream)
  expect(source.poll(WRITABLE)).toBe(WRITABLE)
  expect(source.write('12345678')).toBe(false)
  expect(source.poll(WRITABLE)).toBe(0)
  await onLoop((loop, done) => {
    loop.addWriter(source, () => {
      loop.removeWriter(source)
      done()
    })
    loop.callSoon(() => source.read())
  })
  source.release()
})

test('a stream that fails is ready, and says why', async () => {
  const stream = new PassThrough()
  const source = watchStream(stream)
  const error = new Error('torn')
  await onLoop((loop, done) => {
    loop.addReader(source, () => {
      expect(source.error).toBe(error)
      loop.removeReader(source)
      done()
    })
    loop.callSoon(() => stream.destroy(error))
  })
  source.release()
})

test('messages of a port arrive in order, empty ones too, and then its closing', async () => {
  const { port1, port2 } = new MessageChannel()
  const source = watchPort(port1 as never)
  const seen: unknown[] = []
  await onLoop((loop, done) => {
    loop.addReader(source, () => {
      for (let next = source.receive(); next !== null; next = source.receive()) seen.push(next.message)
      if (seen.length === 3 && !source.closed) port2.close()
      if (!source.closed) return
      loop.removeReader(source)
      done()
    })
    for (const message of ['one', undefined, { three: 3 }]) port2.postMessage(message)
  })
  expect(seen).toEqual(['one', null, { three: 3 }])
  source.release()
})

test('the duplex pipe carries bytes both ways, within its capacity', () => {
  const [left, right] = memoryDuplex({ capacity: 4 })
  expect(left.write(Buffer.from('abcdef'))).toBe(4)
  expect(left.poll(WRITABLE)).toBe(0)
  expect(left.write(Buffer.from('x'))).toBe(0)
  expect(text(right.read(3))).toBe('abc')
  expect(left.write(Buffer.from('XY'))).toBe(2)
  expect(text(right.read())).toBe('dXY')
  expect(right.read()).toBe(null)
  expect(right.write(Buffer.from('back'))).toBe(4)
  expect(text(left.read())).toBe('back')
})

test('the duplex pipe ends one way at a time, and breaks when its reader is gone', () => {
  const [left, right] = memoryDuplex()
  left.write(Buffer.from('last'))
  left.end()
  expect(() => left.write(Buffer.from('more'))).toThrow(/was ended/)
  expect(right.poll(READABLE)).toBe(READABLE)
  expect(text(right.read())).toBe('last')
  expect(right.read()).toHaveLength(0)
  expect(right.write(Buffer.from('still'))).toBe(5)
  left.close()
  expect(right.poll(WRITABLE)).toBe(WRITABLE)
  expect(() => right.write(Buffer.from('lost'))).toThrow(BrokenPipeError)
  expect(() => left.read()).toThrow(/was closed/)
})

test('bytes written to the duplex pipe may be changed afterwards', () => {
  const [left, right] = memoryDuplex()
  const bytes = Buffer.from('safe')
  left.write(bytes)
  bytes.fill(0)
  expect(text(right.read())).toBe('safe')
})

test('tasks talk over the duplex pipe through readers and writers of the loop', async () => {
  const [left, right] = memoryDuplex({ capacity: 1000 })
  const total = 100_000
  let received = 0
  await onLoop((loop, done) => {
    let sent = 0
    loop.addWriter(left, () => {
      sent += left.write(new Uint8Array(Math.min(300, total - sent)))
      if (sent < total) return
      loop.removeWriter(left)
      left.end()
    })
    loop.addReader(right, () => {
      const bytes = right.read()!
      received += bytes.length
      if (bytes.length > 0) return
      loop.removeReader(right)
      done()
    })
  })
  expect(received).toBe(total)
})
