import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { DatagramHandler, SocketAddress } from '@loop/core/lowlevel'
import { sleep } from '@loop/core'
import type { StreamTest } from './support.ts'
import { backends, onLoop, pattern } from './support.ts'

interface Received {
  readonly bytes: Buffer
  readonly from: SocketAddress
}

/** A handler that records its calls. */
class DatagramProbe implements DatagramHandler {
  readonly received: Received[] = []
  readonly events: string[] = []
  datagram(bytes: Uint8Array, from: SocketAddress): void {
    this.received.push({ bytes: bytes as Buffer, from })
  }
  failed(error: Error): void {
    this.events.push(`failed ${(error as { code?: string }).code ?? ''}`)
  }
  closed(error: Error | undefined): void {
    this.events.push(error === undefined ? 'closed' : `closed ${error.message}`)
  }
}

function bound({ streams }: StreamTest, host = '127.0.0.1') {
  const probe = new DatagramProbe()
  const socket = streams.datagram({ host }, probe)
  const { address, port } = socket.localAddress as { address: string; port: number }
  return { probe, socket, at: { host: address, port } }
}

/** A link-local address with its zone, where the machine has one; Windows numbers its zones. */
const linkLocal = Object.entries(networkInterfaces()).flatMap(([name, all]) =>
  (all ?? [])
    .filter(({ address }) => address.startsWith('fe80:'))
    .map(({ address, scopeid }) => `${address}%${process.platform === 'win32' ? scopeid : name}`),
)[0]

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1)
}

describe.each(backends)('datagrams on %s', (backend) => {
  test.runIf(linkLocal !== undefined)('the address of a link-local sender has its zone', () =>
    onLoop(backend, async (subject) => {
      const left = bound(subject, linkLocal)
      const right = bound(subject, linkLocal)
      expect(left.at.host).toBe(linkLocal)
      left.socket.send(Buffer.from('x'), right.at)
      await until(() => right.probe.received.length === 1)
      expect(right.probe.received[0]!.from).toMatchObject({ address: linkLocal })
      left.socket.close()
      right.socket.close()
    }),
  )

  test.each(['127.0.0.1', '::1'])('each arrives whole, with its sender (%s)', (host) =>
    onLoop(backend, async (subject) => {
      const left = bound(subject, host)
      const right = bound(subject, host)
      const sizes = [0, 1, 100, 4097, 9000]
      for (const size of sizes) expect(left.socket.send(pattern(size), right.at)).toBe(true)
      await until(() => right.probe.received.length === sizes.length)
      expect(right.probe.received.map(({ bytes }) => bytes.length)).toEqual(sizes)
      for (const { bytes, from } of right.probe.received) {
        expect(bytes.equals(pattern(bytes.length))).toBe(true)
        expect(from).toEqual({ family: host === '::1' ? 'IPv6' : 'IPv4', address: left.at.host, port: left.at.port })
      }
      left.socket.close()
      right.socket.close()
      await until(() => right.probe.events.length + left.probe.events.length === 2)
      expect([left.probe.events, right.probe.events]).toEqual([['closed'], ['closed']])
    }),
  )

  test('with a fixed peer, sends need no address', () =>
    onLoop(backend, async (subject) => {
      const server = bound(subject)
      const probe = new DatagramProbe()
      const client = subject.streams.datagram({ remote: server.at }, probe)
      client.send(Buffer.from('ping'))
      await until(() => server.probe.received.length === 1)
      const { from } = server.probe.received[0]!
      server.socket.send(Buffer.from('pong'), { host: '127.0.0.1', port: (from as { port: number }).port })
      await until(() => probe.received.length === 1)
      expect(probe.received[0]!.bytes.toString()).toBe('pong')
      expect(client.remoteAddress).toMatchObject({ address: '127.0.0.1', port: server.at.port })
      client.close()
      server.socket.close()
    }))

  test('errors of the system are reported, and the socket stays open', () =>
    onLoop(backend, async (subject) => {
      const gone = bound(subject)
      gone.socket.close()
      await until(() => gone.probe.events.length === 1)
      const probe = new DatagramProbe()
      const client = subject.streams.datagram({ remote: gone.at }, probe)
      client.send(Buffer.from('to nobody'))
      await until(() => probe.events.length === 1)
      client.send(pattern(70_000))
      await until(() => probe.events.length === 2)
      expect(probe.events).toEqual(['failed ECONNREFUSED', 'failed EMSGSIZE'])
      expect(client.fd).toBeGreaterThan(0)
      client.abort(new Error('enough'))
      await until(() => probe.events.length === 3)
      expect(probe.events[2]).toBe('closed enough')
      expect(() => client.send(Buffer.from('late'))).toThrow('cannot send')
    }))

  test('every refusal is reported, and answers arrive afterwards', () =>
    onLoop(backend, async (subject) => {
      const gone = bound(subject)
      gone.socket.close()
      await until(() => gone.probe.events.length === 1)
      const probe = new DatagramProbe()
      const client = subject.streams.datagram({ remote: gone.at }, probe)
      for (let count = 1; count <= 5; count++) {
        client.send(Buffer.from('to nobody'))
        await until(() => probe.events.length === count)
      }
      expect(probe.events).toEqual(Array.from({ length: 5 }, () => 'failed ECONNREFUSED'))
      const back = new DatagramProbe()
      const server = subject.streams.datagram(gone.at, back)
      client.send(Buffer.from('question'))
      await until(() => back.received.length === 1)
      const { address: host, port } = back.received[0]!.from as { address: string; port: number }
      server.send(Buffer.from('answer'), { host, port })
      await until(() => probe.received.length === 1)
      expect(String(probe.received[0]!.bytes)).toBe('answer')
      client.close()
      server.close()
    }))

  test('nothing is delivered while paused', () =>
    onLoop(backend, async (subject) => {
      const left = bound(subject)
      const right = bound(subject)
      right.socket.pause()
      for (let i = 0; i < 40; i++) left.socket.send(Buffer.of(i), right.at)
      await sleep(5)
      expect(right.probe.received).toEqual([])
      right.socket.resume()
      await until(() => right.probe.received.length === 40)
      expect(right.probe.received.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 40 }, (_, i) => i))
      left.socket.close()
      right.socket.close()
    }))
})
