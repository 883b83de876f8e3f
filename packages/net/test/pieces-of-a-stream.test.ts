import type { EventLoop } from '@loop/core'
import { expect, test } from 'vitest'
import { StreamReader } from '../src/streams/index.ts'
import { families, filled, onLoop } from './support.ts'

const onNode = (body: (loop: EventLoop) => Promise<void>): Promise<void> => onLoop(families[0]!, body)
const text = async (read: PromiseLike<Buffer>): Promise<string> => (await read).toString()

test('whatever the pieces, what is read is what was fed', () =>
  onNode(async (loop) => {
    // Every way of cutting these bytes in three, with reads of every length.
    const whole = 'a--b---c--'
    for (let first = 1; first < whole.length; first++) {
      for (let second = first + 1; second < whole.length; second++) {
        const pieces = [whole.slice(0, first), whole.slice(first, second), whole.slice(second)]
        const reader = filled(loop, pieces)
        const parts: string[] = []
        for (let i = 0; i < 3; i++) parts.push(await text(reader.readUntil('--')))
        expect(parts).toEqual(['a--', 'b--', '-c--'])
        for (let count = 1; count < whole.length; count++) {
          const again = filled(loop, pieces)
          expect((await text(again.readExactly(count))) + (await text(again.read()))).toBe(whole)
        }
      }
    }
  }))

test('small pieces that wait together take the memory of one', () =>
  onNode(async (loop) => {
    const reader = new StreamReader(loop, 100_000)
    const block = Buffer.alloc(65_536, 'x')
    for (let i = 0; i < 60_000; i++) reader.feed(block.subarray(i, i + 1))
    reader.feedEof()
    let pieces = 0
    let bytes = 0
    for await (const piece of reader) {
      pieces++
      bytes += piece.length
    }
    expect(bytes).toBe(60_000)
    expect(pieces).toBeLessThan(60)
  }))

test('a short line that is kept does not keep the block that it came in', () =>
  onNode(async (loop) => {
    const reader = new StreamReader(loop)
    const block = Buffer.alloc(65_536, 'x')
    block[9] = 10
    reader.feed(block)
    const line = await reader.readLine()
    expect(line.length).toBe(10)
    expect(line.buffer).not.toBe(block.buffer)
  }))

test('a search looks at each byte once, however many pieces it comes in', () =>
  onNode(async (loop) => {
    const reader = new StreamReader(loop, 1e9)
    const line = text(reader.readUntil('\r\n'))
    let looked = 0
    const { indexOf } = Buffer.prototype
    Buffer.prototype.indexOf = function (this: Buffer, ...args: Parameters<Buffer['indexOf']>) {
      looked += this.length
      return indexOf.apply(this, args)
    }
    const fed = 3_000 * 4_096
    try {
      for (let i = 0; i < 3_000; i++) reader.feed(Buffer.alloc(4_096, 'y'))
    } finally {
      Buffer.prototype.indexOf = indexOf
    }
    reader.feed(Buffer.from('\r\n'))
    expect((await line).length).toBe(fed + 2)
    // Each piece, and what a separator across two may begin in.
    expect(looked).toBeGreaterThanOrEqual(fed)
    expect(looked).toBeLessThan(fed * 1.01)
  }))
