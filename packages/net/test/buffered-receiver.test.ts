import { EventLoop, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { BufferedReceiver } from '../src/transports/buffered-receiver.ts'
import type { NetConnection } from '../src/contracts/network.ts'
import type { BufferedProtocol } from '../src/contracts/protocols.ts'

/** A receiver between a connection and a transport that only note what happens. */
function between(
  loop: EventLoop,
  size: number,
): { receiver: BufferedReceiver; connection: { paused: boolean }; seen: string[]; transport: { buffered: boolean } } {
  const seen: string[] = []
  const memory = Buffer.alloc(size)
  const connection = { paused: false } as NetConnection & { paused: boolean }
  const protocol: BufferedProtocol = {
    getBuffer: () => memory,
    bufferUpdated: (count) => {
      seen.push(memory.toString('latin1', 0, count))
      connection.paused = true
    },
  }
  const transport = {
    buffered: true,
    get bufferedProtocol() {
      return this.buffered ? protocol : null
    },
    get handler() {
      return receiver
    },
    data: (bytes: Uint8Array) => {
      seen.push(`plain ${Buffer.from(bytes).toString('latin1')}`)
    },
    eof: () => {
      seen.push('eof')
    },
    closed: () => {
      seen.push('closed')
    },
    drained: () => {},
    isClosing: () => false,
    fail: (error: unknown) => {
      throw error
    },
  }
  const receiver: BufferedReceiver = new BufferedReceiver(transport, connection)
  connection.handler = receiver
  const resume = (): void => {
    connection.paused = false
    receiver.resume(loop)
  }
  return { receiver, connection: Object.assign(connection, { goOn: resume }), seen, transport }
}

const onLoop = async (main: (loop: EventLoop) => Promise<void>): Promise<void> => {
  const loop = new EventLoop()
  await loop.runUntilComplete(() => main(loop))
  loop.close()
}

test('what comes between a resume and its turn waits behind the rest', () =>
  onLoop(async (loop) => {
    const { receiver, connection, seen } = between(loop, 3)
    receiver.data(Buffer.from('abcdef'))
    expect(seen).toEqual(['abc'])
    ;(connection as unknown as { goOn(): void }).goOn()
    // Handles that were scheduled before the resume run before the rest goes on.
    receiver.data(Buffer.from('ghi'))
    receiver.eof()
    expect(seen).toEqual(['abc'])
    for (let i = 0; i < 6; i++) {
      await sleep(0)
      await sleep(0)
      if (connection.paused) (connection as unknown as { goOn(): void }).goOn()
    }
    expect(seen).toEqual(['abc', 'def', 'ghi', 'eof'])
  }))

test('a protocol of the other kind gets the rest first', () =>
  onLoop(async (loop) => {
    const { receiver, connection, seen, transport } = between(loop, 3)
    receiver.data(Buffer.from('abcdef'))
    transport.buffered = false
    ;(connection as unknown as { goOn(): void }).goOn()
    receiver.data(Buffer.from('ghi'))
    await sleep(0)
    await sleep(0)
    expect(seen).toEqual(['abc', 'plain defghi'])
  }))
