import { describe, expect, test } from 'vitest'
import { sleep } from '@loop/core'
import { SLOT_MASK } from '../src/engine/layout.ts'
import type { Engine } from '../src/engine/engine.ts'
import type { NativeConnection } from '../src/streams/connection.ts'
import { backends, connectedPair, onLoop, pattern } from './support.ts'

const PIECE = pattern(32 << 10)

describe.each(backends)('flow control on %s', (backend) => {
  test('write says stop above the high-water mark, and drained follows at the low one', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      far.connection.pause()
      near.connection.setWaterMarks(100_000, 10_000)
      let written = 0
      let more = true
      while (more) {
        more = near.connection.write(PIECE)
        written += PIECE.length
      }
      expect(near.connection.pending).toBeGreaterThan(100_000)
      expect(near.connection.pending).toBeLessThanOrEqual(100_000 + PIECE.length)
      expect(near.events).toEqual(['connected'])
      far.connection.resume()
      await near.whenDrained
      expect(near.connection.pending).toBeLessThanOrEqual(10_000)
      await far.whenReceived(written)
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect(near.events).toEqual(['connected', 'drained', 'closed'])
    }))

  test('unsent bytes are counted beyond what 32 bits hold', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const { memory } = (subject.selector as unknown as { engine: Engine }).engine
      const before = 2 ** 31 - 10
      // As if so much had been written before; nobody has the memory for it.
      memory.pending[(near.connection as NativeConnection).id & SLOT_MASK] = before
      expect(near.connection.write(Buffer.alloc(100))).toBe(false)
      expect(near.connection.pending).toBe(before)
      near.connection.write(Buffer.alloc(100))
      far.connection.pause()
      near.connection.write(Buffer.alloc(40 << 20))
      expect(near.connection.pending).toBeGreaterThan(2 ** 31 + (20 << 20))
      near.connection.abort()
      far.connection.abort()
      await near.whenClosed
      await far.whenClosed
    }))

  test('drained comes at the low-water mark, not when everything is sent', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      // More than a kernel buffers for one connection, so that it cannot take everything at once.
      const [high, low] = [24 << 20, 20 << 20]
      near.connection.setWaterMarks(high, low)
      let left = -1
      const collect = near.connection.handler
      near.connection.handler = {
        data() {},
        eof() {},
        drained: () => {
          left = near.connection.pending
          collect.drained?.()
        },
        closed: (error) => {
          collect.closed(error)
        },
      }
      far.connection.handler = { data() {}, eof() {}, closed: (error) => void far.closed(error) }
      expect(near.connection.write(pattern(40 << 20))).toBe(false)
      await near.whenDrained
      expect([left > 0, left <= low]).toEqual([true, true])
      near.connection.abort()
      far.connection.abort()
      await near.whenClosed
      await far.whenClosed
    }))

  test('a peer that never reads costs what the marks allow, and a close waits for it until it is aborted', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      far.connection.pause()
      const writer = async (): Promise<number> => {
        let refused = 0
        for (let i = 0; i < 2000; i++) {
          if (near.connection.write(Buffer.from('x'.repeat(100)))) continue
          refused++
          break
        }
        return refused
      }
      while ((await writer()) === 0) await sleep(0)
      const { pending } = near.connection
      expect(pending).toBeLessThan((64 << 10) + 200)
      near.connection.close()
      await sleep(5)
      expect([near.connection.state, near.events]).toEqual(['closing', ['connected']])
      near.connection.abort()
      await near.whenClosed
      far.connection.abort()
      await far.whenClosed
      expect(near.events).toEqual(['connected', 'closed'])
    }))

  test('marks of 0: every write that the kernel does not take at once says stop', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      near.connection.setWaterMarks(0, 0)
      expect(near.connection.write(Buffer.from('taken at once'))).toBe(true)
      far.connection.pause()
      while (near.connection.write(PIECE)) continue
      far.connection.resume()
      await near.whenDrained
      expect(near.connection.pending).toBe(0)
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))

  test('nothing is read while paused, and everything after resume', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      near.connection.pause()
      far.connection.write(Buffer.from('one '))
      await sleep(5)
      far.connection.write(Buffer.from('two'))
      far.connection.end()
      await sleep(5)
      expect([near.events, near.connection.paused]).toEqual([['connected'], true])
      near.connection.resume()
      await near.whenEof
      expect(near.bytes.toString()).toBe('one two')
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect(near.events).toEqual(['connected', 'data', 'eof', 'closed'])
    }))

  test.each([false, true])('a handler that pauses others of its batch holds their data back (borrow %s)', (borrow) =>
    onLoop(backend, async (subject) => {
      const pairs = [await connectedPair(subject), await connectedPair(subject), await connectedPair(subject)]
      const order: number[] = []
      pairs.forEach(({ near }, index) => {
        near.connection.borrow = borrow
        const collect = near.connection.handler
        near.connection.handler = {
          data(bytes) {
            order.push(index)
            collect.data(Buffer.from(bytes))
            if (order.length === 1) for (const other of pairs) if (other.near !== near) other.near.connection.pause()
          },
          eof: () => {
            collect.eof()
          },
          closed: (error) => {
            collect.closed(error)
          },
        }
      })
      for (const { far } of pairs) far.connection.write(pattern(3000))
      while (order.length === 0) await sleep(1)
      await sleep(10)
      expect(order).toHaveLength(1)
      // What comes meanwhile goes behind what is held.
      for (const { far } of pairs) {
        far.connection.write(pattern(3000, 1))
        far.connection.end()
      }
      await sleep(10)
      for (const { near } of pairs) near.connection.resume()
      for (const { near, far } of pairs) {
        await near.whenEof
        expect(near.bytes.equals(Buffer.concat([pattern(3000), pattern(3000, 1)]))).toBe(true)
        near.connection.close()
        far.connection.close()
        await near.whenClosed
        await far.whenClosed
      }
    }),
  )

  test('a busy connection does not hold up a quiet one', () =>
    onLoop(backend, async (subject) => {
      const busy = await connectedPair(subject)
      const quiet = await connectedPair(subject)
      busy.near.connection.write(pattern(32 << 20))
      quiet.near.connection.write(Buffer.from('small'))
      await quiet.far.whenReceived(5)
      expect(busy.far.bytes.length).toBeLessThan(16 << 20)
      for (const { near, far } of [busy, quiet]) {
        near.connection.abort()
        far.connection.abort()
        await near.whenClosed
        await far.whenClosed
      }
    }))

  test('many writes to many connections in any order arrive in order', () =>
    onLoop(backend, async (subject) => {
      const pairs = await Promise.all(Array.from({ length: 5 }, () => connectedPair(subject)))
      const sent: Buffer[][] = pairs.map(() => [])
      // More than the operation queue holds, and every size class of writes.
      for (let i = 0; i < 10_000; i++) {
        const which = (i * 7) % pairs.length
        const bytes = pattern(i % 1000 === 0 ? 70_000 : i % 100 === 0 ? 9000 : i % 40, i)
        sent[which]!.push(bytes)
        pairs[which]!.near.connection.write(bytes)
      }
      for (const [index, { near, far }] of pairs.entries()) {
        const expected = Buffer.concat(sent[index]!)
        await far.whenReceived(expected.length)
        expect(far.bytes.equals(expected)).toBe(true)
        near.connection.close()
        far.connection.close()
        await near.whenClosed
        await far.whenClosed
      }
    }))

  test('what is written just when the kernel has room again does not overtake what waits', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const pieces = [pattern(8 << 20)]
      near.connection.write(pieces[0]!)
      const collect = far.connection.handler
      far.connection.handler = {
        data(bytes) {
          collect.data(bytes)
          // The receive has just made room, and the addon has not looked since.
          if (near.connection.pending === 0) return
          const piece = pattern(100, pieces.length)
          pieces.push(piece)
          near.connection.write(piece)
        },
        eof: () => {
          collect.eof()
        },
        closed: (error) => {
          collect.closed(error)
        },
      }
      while (near.connection.pending > 0) await sleep(0)
      near.connection.close()
      await far.whenEof
      far.connection.close()
      expect(pieces.length).toBeGreaterThan(10)
      expect(far.bytes.equals(Buffer.concat(pieces))).toBe(true)
      await near.whenClosed
      await far.whenClosed
    }))

  test('a write is a copy: what the caller changes afterwards is not sent', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      for (const size of [10, 10_000, 100_000]) {
        const bytes = pattern(size)
        near.connection.write(bytes)
        bytes.fill(0)
      }
      await far.whenReceived(110_010)
      expect(far.bytes.equals(Buffer.concat([pattern(10), pattern(10_000), pattern(100_000)]))).toBe(true)
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))
})
