/** Random programs of feeds and reads of a stream reader: bytes cut anywhere, and reads of all kinds over the cuts. */
import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import { StreamReader } from '../../src/streams/index.ts'
import { readOutcome } from '../read-outcome.ts'

export type Read =
  readonly ['until', string] | readonly ['exactly', number] | readonly ['line', null] | readonly ['read', number]

/** Pieces come one by one, whenever the read under way needs more; after the last one comes the end. */
export interface ReadProgram {
  readonly limit: number
  /** Latin-1. */
  readonly pieces: readonly string[]
  readonly reads: readonly Read[]
}

/** Few different bytes, so that separators begin everywhere. */
const ALPHABET = 'aab--\r\n'
const SEPARATORS = ['\n', '\r\n', '--', '-', 'a-', '--\r\n', 'aa']

/** A program that follows from random whole numbers below what is asked for. */
export function readProgram(below: (n: number) => number): ReadProgram {
  const length = below(60)
  let whole = ''
  for (let i = 0; i < length; i++) whole += ALPHABET[below(ALPHABET.length)]!
  const pieces: string[] = []
  for (let at = 0; at < whole.length;) {
    const end = at + 1 + below(below(2) === 0 ? 3 : 20)
    pieces.push(whole.slice(at, end))
    at = end
  }
  // asyncio's readline drops what is beyond the limit, ours keeps it: lines are compared where there is room.
  const roomy = below(2) === 0
  const reads = Array.from({ length: 1 + below(8) }, (): Read => {
    switch (below(roomy ? 4 : 3)) {
      case 0:
        return ['until', SEPARATORS[below(SEPARATORS.length)]!]
      case 1:
        return ['exactly', below(20)]
      case 2:
        return ['read', below(5) === 0 ? -1 : below(12)]
      default:
        return ['line', null]
    }
  })
  return { limit: roomy ? 1000 : 1 + below(24), pieces, reads }
}

/** What our reader gives for a program. */
export async function outcomesOf(loop: EventLoop, { limit, pieces, reads }: ReadProgram): Promise<unknown[]> {
  const reader = new StreamReader(loop, limit)
  const left = [...pieces]
  const outcomes: unknown[] = []
  for (const read of reads) {
    const task = loop.createTask(async () => outcome(begin(reader, read)))
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 8; i++) await sleep(0)
    }
    await settle()
    while (!task.done()) {
      const piece = left.shift()
      if (piece === undefined) reader.feedEof()
      else reader.feed(Buffer.from(piece, 'latin1'))
      await settle()
    }
    outcomes.push(task.result())
  }
  return outcomes
}

function begin(reader: StreamReader, [kind, argument]: Read): PromiseLike<Buffer> {
  if (kind === 'until') return reader.readUntil(argument)
  if (kind === 'exactly') return reader.readExactly(argument)
  return kind === 'line' ? reader.readLine() : reader.read(argument)
}

const outcome = (read: PromiseLike<Buffer>): Promise<unknown> =>
  readOutcome(read, (error) => {
    throw error
  })
