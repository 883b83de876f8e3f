/**
 * Sends what a thread prints to the program, no faster than the program writes it.
 *
 * Node's own way gathers it on both sides without end: a task that prints 150 MB without a pause fills the program's
 * heap. Here the thread counts what is under way and, beyond MOST, waits until the program has written some. A program
 * that takes nothing for PATIENCE_MS may be waiting for this very thread; then output is dropped, and a line says how
 * much.
 */
import type { Writable } from 'node:stream'

import * as intrinsics from './intrinsics.ts'
import { add, apply, defineProperty, getOwnPropertyDescriptor, load, wait } from './intrinsics.ts'

const { Uint8ArrayOf } = intrinsics
const bytesOf = Buffer.from

/** Characters, two bytes each, that may be under way. */
const MOST = 1 << 20
const PATIENCE_MS = 5000

/** `unwritten` is shared with the program, which subtracts the size that came with a chunk once it is written. */
export function sendOutput(
  name: string,
  unwritten: Int32Array,
  send: (stream: 1 | 2, chunk: string | Uint8Array, size: number) => void,
): void {
  let dropped = 0

  /** Waits for room; false when there is none. */
  const room = (): boolean => {
    for (;;) {
      const size = load(unwritten, 0)
      if (size <= MOST) return true
      // It has been waited for before.
      if (dropped > 0 || wait(unwritten, 0, size, PATIENCE_MS) === 'timed-out') return load(unwritten, 0) <= MOST
    }
  }

  const write = (stream: 1 | 2, chunk: string | Uint8Array): void => {
    const size = 2 * chunk.length
    if (!room()) {
      dropped += chunk.length
      return
    }
    if (dropped > 0) {
      const notice = `\n[${name}: ${dropped} bytes of output were dropped, because the program took none for ${PATIENCE_MS / 1000} s]\n`
      dropped = 0
      write(stream, notice)
    }
    add(unwritten, 0, size)
    send(stream, chunk, size)
  }

  redirect('stdout', (chunk) => {
    write(1, chunk)
  })
  redirect('stderr', (chunk) => {
    write(2, chunk)
  })
}

/** Gives what is written to a standard stream to `write`; the stream itself is made when it is first used. */
function redirect(property: 'stdout' | 'stderr', write: (chunk: string | Uint8Array) => void): void {
  const usual = getOwnPropertyDescriptor(process, property)
  if (usual?.get === undefined || usual.configurable !== true) return
  const { get: read } = usual
  defineProperty(process, property, {
    configurable: true,
    enumerable: true,
    get: () => {
      const own = apply(read, process, []) as Writable
      // Only threads of Node have it; elsewhere threads write for themselves.
      if (own.constructor.name === 'WritableWorkerStdio') {
        own._write = (chunk: string | Uint8Array, encoding: BufferEncoding | 'buffer', done: () => void) => {
          const text = typeof chunk === 'string' && (encoding === 'utf8' || (encoding as string) === 'utf-8')
          write(
            text
              ? chunk
              : new Uint8ArrayOf(typeof chunk === 'string' ? bytesOf(chunk, encoding as BufferEncoding) : chunk),
          )
          done()
        }
        ;(own as { _writev?: unknown })._writev = null
      }
      defineProperty(process, property, { configurable: true, enumerable: true, value: own, writable: true })
      return own
    },
  })
}
