import { describe, expect, test } from 'vitest'
import type { Connection } from '@loop/core/lowlevel'
import { sleep } from '@loop/core'
import type { Engine } from '../src/engine/engine.ts'
import type { Pair, Probe } from './support.ts'
import { backends, connectedPair, onLoop, pattern } from './support.ts'

/** In V8's heap, shared among like messages of a connection, of its own. */
const SIZES = [1, 20, 64, 65, 100, 1000, 1024, 1025, 5000, 16 * 1024, 64 * 1024]

async function end(...probes: Probe[]): Promise<void> {
  for (const { connection } of probes) connection.close()
  for (const probe of probes) await probe.whenClosed
}

/** Sends messages one by one, each when the one before has come; the pieces they came in. */
async function exchange(from: Probe, to: Probe, messages: readonly Buffer[]): Promise<Uint8Array[]> {
  const before = to.chunks.length
  let total = to.bytes.length
  for (const message of messages) {
    from.connection.write(message)
    await to.whenReceived((total += message.length))
  }
  return to.chunks.slice(before)
}

const buffersOf = (pieces: readonly Uint8Array[]): Set<ArrayBufferLike> => new Set(pieces.map(({ buffer }) => buffer))
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0)

describe.each(backends)('the memory of what arrives on %s', (backend) => {
  test.each(SIZES)('holds only its own connection: %d bytes', (size) =>
    onLoop(backend, async (subject) => {
      const [first, second] = [await connectedPair(subject), await connectedPair(subject)]
      const secret = Buffer.alloc(size, 'secret')
      const open = Buffer.alloc(size, 'public')
      for (let i = 0; i < 10; i++) {
        await exchange(first.near, first.far, [secret])
        await exchange(second.near, second.far, [open])
      }
      const reachable = [...buffersOf(second.far.chunks)].map((buffer) => Buffer.from(buffer as ArrayBuffer))
      for (const bytes of reachable) expect(bytes.includes('s')).toBe(false)
      expect(second.far.bytes.equals(Buffer.alloc(10 * size, open))).toBe(true)
      await end(first.near, first.far, second.near, second.far)
    }),
  )

  test.each(SIZES)('is at most four times one kept message of many: %d bytes', (size) =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const pieces = await exchange(
        near,
        far,
        Array.from({ length: 12 }, (_, i) => pattern(size, i)),
      )
      for (const piece of pieces) expect(piece.buffer.byteLength).toBeLessThanOrEqual(4 * piece.length)
      expect(far.bytes.equals(Buffer.concat(Array.from({ length: 12 }, (_, i) => pattern(size, i))))).toBe(true)
      await end(near, far)
    }),
  )

  test('stays in proportion when sizes change from message to message', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const sizes = [300, 300, 90, 300, 80, 1000, 1000, 260, 240, 70, 70, 1024, 65, 64, 200, 200, 199, 201, 500, 70]
      const messages = sizes.map((size, i) => pattern(size, i))
      const pieces = await exchange(near, far, messages)
      for (const piece of pieces) expect(piece.buffer.byteLength).toBeLessThanOrEqual(4 * piece.length)
      expect(far.bytes.equals(Buffer.concat(messages))).toBe(true)
      const held = sum([...buffersOf(pieces)].map(({ byteLength }) => byteLength))
      expect(held).toBeLessThan(4 * sum(sizes))
      await end(near, far)
    }))

  test.each(SIZES)('may be moved away or is refused, and nothing else comes to harm: %d bytes', (size) =>
    onLoop(backend, async (subject) => {
      const moved: { readonly buffer: ArrayBuffer; readonly copy: Buffer }[] = []
      const kept: Buffer[] = []
      const { near, far } = await connectedPair(subject)
      far.connection.handler = {
        data(bytes) {
          kept.push(Buffer.from(new Uint8Array(bytes)))
          const buffer = bytes.buffer as ArrayBuffer
          const copy = Buffer.from(new Uint8Array(buffer))
          const elsewhere = move(buffer)
          if (elsewhere !== null) moved.push({ buffer: elsewhere, copy })
        },
        eof() {},
        closed: (error) => {
          far.closed(error)
        },
      }
      const other = await connectedPair(subject)
      for (let i = 0; i < 8; i++) {
        near.connection.write(pattern(size, i))
        while (kept.reduce((total, { length }) => total + length, 0) < (i + 1) * size) await sleep(1)
        await exchange(other.near, other.far, [pattern(size, 100 + i)])
      }
      expect(Buffer.concat(kept).equals(Buffer.concat(Array.from({ length: 8 }, (_, i) => pattern(size, i))))).toBe(
        true,
      )
      expect(other.far.bytes.equals(Buffer.concat(Array.from({ length: 8 }, (_, i) => pattern(size, 100 + i))))).toBe(
        true,
      )
      for (const { buffer, copy } of moved) expect(Buffer.from(buffer).equals(copy)).toBe(true)
      await end(near, far, other.near, other.far)
    }),
  )

  test('survives a handler that takes away the memory it is lent', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const seen: Buffer[] = []
      far.connection.borrow = true
      far.connection.handler = {
        data(bytes) {
          seen.push(Buffer.from(new Uint8Array(bytes)))
          const buffer = bytes.buffer as ArrayBuffer & { transfer?: () => ArrayBuffer }
          move(buffer)
          expect(buffer.byteLength).toBeGreaterThan(0)
          buffer.transfer?.()
        },
        eof() {},
        closed: (error) => {
          far.closed(error)
        },
      }
      const other = await connectedPair(subject)
      for (let i = 0; i < 5; i++) {
        near.connection.write(pattern(300, i))
        await exchange(other.near, other.far, [pattern(300, 50 + i), pattern(20, i)])
      }
      while (seen.reduce((total, { length }) => total + length, 0) < 1500) await sleep(1)
      expect(Buffer.concat(seen).equals(Buffer.concat(Array.from({ length: 5 }, (_, i) => pattern(300, i))))).toBe(true)
      expect(other.far.bytes.length).toBe(5 * 320)
      await end(near, far, other.near, other.far)
    }))

  test('that cannot be had ends the connection that it was for, with the error, and no other', () =>
    onLoop(backend, async (subject) => {
      const poor = await connectedPair(subject)
      const other = await connectedPair(subject)
      const { received } = (subject.selector as unknown as { engine: Engine }).engine
      const copy = received.copy.bind(received)
      received.copy = (offset, length, owner) => {
        if (length === 2000) throw new RangeError('Array buffer allocation failed')
        return copy(offset, length, owner)
      }
      poor.near.connection.write(pattern(2000))
      other.near.connection.write(pattern(3000))
      await poor.far.whenClosed
      await other.far.whenReceived(3000)
      expect(poor.far.events).toEqual(['closed Array buffer allocation failed'])
      expect(other.far.bytes.equals(pattern(3000))).toBe(true)
      await end(poor.near, other.near, other.far)
    }))

  test.each([false, true])('keeps what waits for its handler while other bytes come: borrow %s', (borrow) =>
    onLoop(backend, async (subject) => {
      const { loop } = subject
      const pairs: Pair[] = []
      for (let i = 0; i < 20; i++) pairs.push(await connectedPair(subject))
      const switching = (connection: Connection): void => {
        connection.borrow = !connection.borrow
      }
      for (const { far } of pairs) far.connection.borrow = borrow
      const got = pairs.map((): Buffer[] => [])
      pairs.forEach(({ far }, i) => {
        far.connection.handler = {
          data(bytes) {
            got[i]!.push(far.connection.borrow ? Buffer.from(new Uint8Array(bytes)) : (bytes as Buffer))
            const next = pairs[(i + 1) % pairs.length]!.far.connection
            // What the next connection gets in this turn lies in the slab already.
            switching(next)
            next.pause()
            loop.callSoon(() => {
              next.resume()
            })
          },
          eof() {},
          closed: (error) => {
            far.closed(error)
          },
        }
      })
      const rounds = 8
      for (let round = 0; round < rounds; round++) {
        pairs.forEach(({ near }, i) => near.connection.write(pattern(700, 10 * i + round)))
        await sleep(3)
      }
      const total = (pieces: Buffer[]): number => sum(pieces.map(({ length }) => length))
      while (got.some((pieces) => total(pieces) < 700 * rounds)) await sleep(1)
      got.forEach((pieces, i) => {
        const expected = Buffer.concat(Array.from({ length: rounds }, (_, round) => pattern(700, 10 * i + round)))
        expect(Buffer.concat(pieces).equals(expected)).toBe(true)
      })
      await end(...pairs.flatMap(({ near, far }) => [near, far]))
    }),
  )

  test.each([false, true])('loses nothing in a turn that an error of the process breaks off: borrow %s', (borrow) =>
    withHandler(() =>
      onLoop(backend, async (subject) => {
        const pairs: Pair[] = []
        for (let i = 0; i < 16; i++) pairs.push(await connectedPair(subject))
        const got = pairs.map((): Buffer[] => [])
        pairs.forEach(({ far }, i) => {
          far.connection.borrow = borrow
          far.connection.handler = {
            data(bytes) {
              got[i]!.push(Buffer.from(new Uint8Array(bytes)))
              process.nextTick(() => {
                throw new Error('stray')
              })
            },
            eof() {},
            closed: (error) => {
              far.closed(error)
            },
          }
        })
        const rounds = 30
        for (let round = 0; round < rounds; round++) {
          pairs.forEach(({ near }, i) => near.connection.write(pattern(100 + i, 10 * i + round)))
          await sleep(0)
        }
        while (got.some((pieces, i) => sum(pieces.map(({ length }) => length)) < rounds * (100 + i))) await sleep(1)
        got.forEach((pieces, i) => {
          const expected = Buffer.concat(Array.from({ length: rounds }, (_, round) => pattern(100 + i, 10 * i + round)))
          expect(Buffer.concat(pieces).equals(expected)).toBe(true)
        })
        await end(...pairs.flatMap(({ near, far }) => [near, far]))
      }),
    ),
  )
})

/** The buffer as another thread would get it; null when it is refused. */
function move(buffer: ArrayBuffer): ArrayBuffer | null {
  try {
    return structuredClone(buffer, { transfer: [buffer] })
  } catch (error) {
    expect((error as Error).name).toBe('DataCloneError')
    return null
  }
}

/** Runs `body` while stray errors are expected. */
async function withHandler(body: () => Promise<void>): Promise<void> {
  const listeners = process.listeners('uncaughtException')
  let strays = 0
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => {
    if (error.message !== 'stray') throw error
    strays++
  })
  try {
    await body()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
  expect(strays).toBeGreaterThan(0)
}
