import { describe, expect, test } from 'vitest'
import { sleep } from '@loop/core'
import type { Pair } from './support.ts'
import { backends, connectedPair, onLoop, pattern } from './support.ts'

/** Receives in `readable` into buffers of one size; records the other calls. */
class Puller {
  readonly calls: string[] = []
  readonly pieces: Buffer[] = []

  constructor(
    private readonly pair: Pair,
    private readonly size: number,
  ) {
    const { far } = pair
    far.connection.pull = true
    far.connection.handler = this
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces)
  }

  /** Waits until so many bytes have come. */
  async whenReceived(length: number): Promise<void> {
    while (this.bytes.length < length) await sleep(1)
  }

  readable(): void {
    const into = Buffer.alloc(this.size)
    const count = this.pair.far.connection.receive(into)
    if (count > 0) this.pieces.push(into.subarray(0, count))
  }
  data(bytes: Uint8Array): void {
    this.calls.push(`data ${bytes.length}`)
    this.pieces.push(bytes as Buffer)
  }
  eof(): void {
    this.calls.push('eof')
  }
  closed(error: Error | undefined): void {
    this.calls.push('closed')
    this.pair.far.closed(error)
  }
}

async function end({ near, far }: Pair): Promise<void> {
  near.connection.close()
  far.connection.close()
  await near.whenClosed
  await far.whenClosed
}

describe.each(backends)('receiving into memory of the program on %s', (backend) => {
  test.each([1, 100, 64 * 1024, 300_000])('what does not fit comes in the next turn: buffers of %d bytes', (size) =>
    onLoop(backend, async (subject) => {
      const pair = await connectedPair(subject)
      const puller = new Puller(pair, size)
      const sent = [pattern(500, 1), pattern(size === 1 ? 200 : 150_000, 2), pattern(64, 3)]
      for (const bytes of sent) pair.near.connection.write(bytes)
      const all = Buffer.concat(sent)
      await puller.whenReceived(all.length)
      expect(puller.bytes.equals(all)).toBe(true)
      for (const piece of puller.pieces) expect(piece.length).toBeLessThanOrEqual(size)
      expect(puller.calls).toEqual([])
      pair.near.connection.end()
      while (puller.calls.length === 0) await sleep(1)
      expect(puller.calls).toEqual(['eof'])
      await end(pair)
    }),
  )

  test('what was reported and not received comes as data when pulling ends, and the other way round', () =>
    onLoop(backend, async (subject) => {
      const pair = await connectedPair(subject)
      const { near, far } = pair
      const puller = new Puller(pair, 1000)
      let notified = 0
      puller.readable = () => {
        notified++
      }
      near.connection.write(pattern(300))
      while (notified === 0) await sleep(1)
      far.connection.pull = false
      await puller.whenReceived(300)
      expect(puller.calls).toEqual(['data 300'])
      delete (puller as Partial<Puller>).readable
      far.connection.pause()
      near.connection.write(pattern(300, 1))
      await sleep(5)
      far.connection.pull = true
      far.connection.resume()
      await puller.whenReceived(600)
      expect(puller.calls).toEqual(['data 300'])
      expect(puller.bytes.equals(Buffer.concat([pattern(300), pattern(300, 1)]))).toBe(true)
      await end(pair)
    }))

  test('nothing is received while paused, nor outside of pulling, nor after the end', () =>
    onLoop(backend, async (subject) => {
      const pair = await connectedPair(subject)
      const { near, far } = pair
      const into = Buffer.alloc(10)
      const puller = new Puller(pair, 1000)
      far.connection.pause()
      near.connection.write(pattern(20))
      await sleep(5)
      expect([far.connection.receive(into), puller.pieces.length]).toEqual([0, 0])
      far.connection.resume()
      await puller.whenReceived(20)
      expect(far.connection.receive(into)).toBe(0)
      far.connection.pull = false
      expect(far.connection.receive(into)).toBe(0)
      await end(pair)
      expect(far.connection.receive(into)).toBe(0)
    }))

  test('a broken connection is reported as any other', () =>
    onLoop(backend, async (subject) => {
      const pair = await connectedPair(subject)
      const puller = new Puller(pair, 1000)
      // What the peer has not read makes its end a reset.
      pair.near.connection.pause()
      pair.far.connection.write(pattern(100))
      await sleep(2)
      pair.near.connection.abort()
      await pair.far.whenClosed
      expect(puller.calls.at(-1)).toBe('closed')
      expect((pair.far.error as { code?: string } | undefined)?.code).toBe('ECONNRESET')
      await pair.near.whenClosed
    }))
})
