/** Writing to the standard input of a process, from whatever it comes, at the pace at which the process takes it. */
import { describe } from '@loop/core'
import { ConnectionLostError } from '@loop/net'
import type { StreamReader, StreamWriter } from '@loop/net/streams'

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

/** Writes all pieces, then closes. A process that does not want them ends it, and that is no error. */
export async function feed(stdin: StreamWriter, input: Exclude<Input, string | Uint8Array>): Promise<void> {
  try {
    for await (const piece of input) {
      stdin.write(bytesOf(piece))
      await stdin.drain()
    }
  } catch (error) {
    if (!(error instanceof ConnectionLostError)) throw error
  } finally {
    stdin.close()
  }
}

/** Carries what one process writes to the next. When that takes no more, the first one is told by its pipe. */
export async function join(from: StreamReader, to: StreamWriter, writer: { closePipes(): void }): Promise<void> {
  try {
    await feed(to, from)
  } finally {
    if (!from.atEof()) writer.closePipes()
  }
}
