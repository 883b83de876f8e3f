import type { ReadyEvent } from '@loop/core/lowlevel'
import { describe, expect, test } from 'vitest'
import { Kind } from '../src/engine/layout.ts'
import type { NativeConnection } from '../src/streams/connection.ts'
import type { NativeDatagramSocket } from '../src/streams/datagram-socket.ts'
import { ADDRESS_BYTES } from '../src/engine/layout.ts'
import type { Engine } from '../src/engine/engine.ts'
import { backends, connectedPair, onLoop } from './support.ts'

/** The events that a target makes of what the addon reports, as in one batch. */
function batch(
  target: { take(kind: number, a: number, b: number, into: ReadyEvent[]): void },
  ...reports: [kind: number, a?: number, b?: number][]
): ReadyEvent[] {
  const into: ReadyEvent[] = []
  for (const [kind, a = 0, b = 0] of reports) target.take(kind, a, b, into)
  return into
}

const run = (events: ReadyEvent[]): void => {
  for (const event of events) event.run!()
}

describe.each(backends)('the order after a pause on %s', (backend) => {
  test('what a pause held comes before an end of the same batch, however often it is paused in between', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const connection = near.connection as NativeConnection
      const { received } = (subject.selector as unknown as { engine: Engine }).engine
      received.window(0, 3).set([1, 2, 3])
      const [first, second, third, end] = batch(
        connection,
        [Kind.data, 0, 1],
        [Kind.data, 1, 1],
        [Kind.data, 2, 1],
        [Kind.eof],
      ) as [ReadyEvent, ReadyEvent, ReadyEvent, ReadyEvent]
      connection.pause()
      run([first])
      connection.resume()
      run([second])
      connection.pause()
      run([third])
      connection.resume()
      run([end])
      expect(near.events).toEqual(['connected'])
      await near.whenEof
      expect([...near.bytes]).toEqual([1, 2, 3])
      expect(near.events).toEqual(['connected', 'data', 'eof'])
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))

  test('a pause between two that were held keeps the rest, and in order', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const connection = near.connection as NativeConnection
      const { received } = (subject.selector as unknown as { engine: Engine }).engine
      received.window(0, 3).set([1, 2, 3])
      const held = batch(connection, [Kind.data, 0, 1], [Kind.data, 1, 1], [Kind.data, 2, 1])
      connection.pause()
      run(held)
      connection.resume()
      const { handler } = connection
      const seen: number[][] = []
      connection.handler = {
        data: (bytes) => {
          near.data(Buffer.from(bytes))
          connection.pause()
          subject.loop.callLater(2, () => {
            seen.push([...near.bytes])
            connection.resume()
          })
        },
        eof: () => {
          handler.eof()
        },
        closed: (error) => {
          handler.closed(error)
        },
      }
      await near.whenReceived(3)
      while (seen.length < 3) await subject.loop.createTask(async () => {})
      expect(seen).toEqual([[1], [1, 2], [1, 2, 3]])
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))

  test('datagrams keep their order, too', () =>
    onLoop(backend, async ({ loop, streams, selector }) => {
      const seen: string[] = []
      const all = loop.createFuture<void>()
      const closed = loop.createFuture<void>()
      const socket = streams.datagram(
        { host: '127.0.0.1' },
        {
          datagram: (bytes) => {
            seen.push(bytes.toString())
            if (seen.length === 3) all.setResult()
          },
          failed() {},
          closed: () => {
            closed.setResult()
          },
        },
      ) as NativeDatagramSocket
      const { received } = (selector as unknown as { engine: Engine }).engine
      const room = ADDRESS_BYTES + 8
      for (const place of [0, 1, 2]) {
        received
          .window(place * room, room)
          .fill(0)
          .set(Buffer.from('127.0.0.1'), 4)
        received.window(place * room + ADDRESS_BYTES, 1).set(Buffer.from(String(place)))
      }
      const [first, second, third] = batch(
        socket,
        ...[0, 1, 2].map((place): [number, number, number] => [Kind.datagram, place * room, 1]),
      ) as [ReadyEvent, ReadyEvent, ReadyEvent]
      socket.pause()
      run([first])
      socket.resume()
      run([second])
      socket.pause()
      run([third])
      socket.resume()
      await all
      expect(seen).toEqual(['0', '1', '2'])
      socket.close()
      await closed
    }))
})
