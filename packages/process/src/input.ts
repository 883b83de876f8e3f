/** Writing to the standard input of a process, from whatever it comes, at the pace at which the process takes it. */
import { describe } from '@loop/core/lowlevel'
import { ConnectionLostError } from '@loop/net'
import type { StreamWriter } from '@loop/net/streams'

/** What a command reads: text, bytes, or pieces of either as they come (a stream of Node, a reader, a generator). */
export type Input = string | Uint8Array | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** Throws TypeError for what cannot be read from. */
export function checkInput(input: unknown): void {
  if (typeof input === 'string' || input instanceof Uint8Array) return
  if (typeof input === 'object' && input !== null && (Symbol.asyncIterator in input || Symbol.iterator in input)) return
  throw new TypeError(`input is text, bytes, or something that gives pieces of them, got ${describe(input)}`)
}

/** Whether it is there in whole. */
export function isWhole(input: Input): input is string | Uint8Array {
  return typeof input === 'string' || input instanceof Uint8Array
}

export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') return Buffer.from(data)
  throw new TypeError(`a piece of input is text or bytes, got ${describe(data)}`)
}

/** Writes all pieces, then closes: 'all'. A process that takes no more ends it, which is no error: 'part'. */
export async function feed(stdin: StreamWriter, input: Exclude<Input, string | Uint8Array>): Promise<'all' | 'part'> {
  try {
    for await (const piece of input) {
      const bytes = bytesOf(piece)
      if (stdin.isClosing()) return 'part'
      stdin.write(bytes)
      await stdin.drain()
    }
    return 'all'
  } catch (error) {
    if (error instanceof ConnectionLostError) return 'part'
    throw error
  } finally {
    stdin.close()
  }
}
