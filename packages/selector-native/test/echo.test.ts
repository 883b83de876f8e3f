import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../src/index.ts'
import type { StreamTest } from './support.ts'
import { backends, onLoop, pattern, portOf, Probe } from './support.ts'

function echoServer({ streams }: StreamTest, borrow: boolean) {
  return streams.listen(
    // As many as connect at once: what overflows the queue is tried again after a second.
    { host: '127.0.0.1', backlog: 300 },
    {
      accepted(connection) {
        connection.borrow = borrow
        return {
          data: (bytes) => connection.write(bytes),
          eof: () => {
            connection.close()
          },
          closed() {},
        }
      },
    },
  )
}

/** Sends `length` bytes on each of `count` connections in pieces of `piece`, and compares what comes back. */
const echo = (backend: Backend, count: number, length: number, piece: number, borrow = false): Promise<void> =>
  onLoop(backend, async (subject) => {
    const { loop, streams } = subject
    const listener = echoServer(subject, borrow)
    const clients = Array.from({ length: count }, (_, seed) => {
      const probe = new Probe(loop)
      probe.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, probe)
      const bytes = pattern(length, seed)
      for (let at = 0; at < length; at += piece) probe.connection.write(bytes.subarray(at, at + piece))
      return { probe, bytes }
    })
    for (const { probe, bytes } of clients) {
      await probe.whenReceived(length)
      probe.connection.end()
      await probe.whenEof
      probe.connection.close()
      await probe.whenClosed
      expect(probe.bytes.equals(bytes)).toBe(true)
      expect(probe.events.filter((event) => event !== 'drained' && event !== 'data')).toEqual([
        'connected',
        'eof',
        'closed',
      ])
    }
    listener.close()
  })

describe.each(backends)('echo on %s gives every byte back', (backend) => {
  test('1 connection, 1 byte', () => echo(backend, 1, 1, 1))
  test('1 connection, 1,000 writes of 7 bytes', () => echo(backend, 1, 7000, 7))
  test('1 connection, one write of 8 MiB', () => echo(backend, 1, 8 << 20, 8 << 20))
  test('10 connections, 1 MiB in writes of 16 KiB', () => echo(backend, 10, 1 << 20, 16 << 10))
  test('10 connections, 1 MiB in writes of 16 KiB, borrowed', () => echo(backend, 10, 1 << 20, 16 << 10, true))
  test('100 connections, 64 KiB in writes of 1,000', () => echo(backend, 100, 64 << 10, 1000))
  test('300 connections, 5,000 bytes in writes of 64', () => echo(backend, 300, 5000, 64))
  test('300 connections, 5,000 bytes in writes of 64, borrowed', () => echo(backend, 300, 5000, 64, true))

  test('bytes that a handler keeps never change', () =>
    onLoop(backend, async (subject) => {
      const listener = echoServer(subject, false)
      const probe = new Probe(subject.loop)
      probe.connection = subject.streams.connect({ host: '127.0.0.1', port: portOf(listener) }, probe)
      const copies: Buffer[] = []
      const bytes = pattern(3 << 20)
      let at = 0
      // Sizes on both sides of every limit there is.
      for (const size of [1, 64, 4095, 4096, 4097, 8192, 8193, 65536, 65537, 200_000]) {
        probe.connection.write(bytes.subarray(at, at + size))
        at += size
        await probe.whenReceived(at)
        while (copies.length < probe.chunks.length) copies.push(Buffer.from(probe.chunks[copies.length]!))
      }
      expect(Buffer.concat(copies).equals(bytes.subarray(0, at))).toBe(true)
      expect(probe.bytes.equals(Buffer.concat(copies))).toBe(true)
      probe.connection.close()
      await probe.whenClosed
      listener.close()
    }))

  test("a peer in Node's own net, on the same thread", () =>
    onLoop(backend, async (subject) => {
      const listener = echoServer(subject, false)
      const socket = connect(portOf(listener), '127.0.0.1')
      const bytes = pattern(300_000)
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.end(bytes)
      await subject.loop.wrap(once(socket, 'close'))
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
      listener.close()
    }))
})
