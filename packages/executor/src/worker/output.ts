/**
 * Sends what a thread prints to the program, no faster than the program writes it.
 *
 * Node's own way gathers it on both sides without end: a task that prints 150 MB without a pause fills the program's
 * heap. Here the thread counts what is under way and, beyond MOST, waits until the program has written some. A program
 * that takes nothing for PATIENCE_MS may be waiting for this very thread; then output is dropped, and a line says how
 * much. Self-contained: its source travels to workers.
 */
import type { Writable } from 'node:stream'

/** `unwritten` is shared with the program, which subtracts the size that came with a chunk once it is written. */
export function sendOutput(
  name: string,
  unwritten: Int32Array,
  send: (stream: 1 | 2, chunk: string | Uint8Array, size: number) => void,
): void {
  const MOST = 1 << 20
  const PATIENCE_MS = 5000
  let dropped = 0

  /** Waits for room; false when there is none. */
  const room = (): boolean => {
    for (;;) {
      const size = Atomics.load(unwritten, 0)
      if (size <= MOST) return true
      // It has been waited for before.
      if (dropped > 0 || Atomics.wait(unwritten, 0, size, PATIENCE_MS) === 'timed-out')
        return Atomics.load(unwritten, 0) <= MOST
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
    Atomics.add(unwritten, 0, size)
    send(stream, chunk, size)
  }

  const redirect = (property: 'stdout' | 'stderr', stream: 1 | 2): void => {
    const usual = Object.getOwnPropertyDescriptor(process, property)
    if (usual?.get === undefined || usual.configurable !== true) return
    const read = usual.get.bind(process) as () => Writable
    Object.defineProperty(process, property, {
      configurable: true,
      enumerable: true,
      get: () => {
        const own = read()
        // Only threads of Node have it; elsewhere threads write for themselves.
        if (own.constructor.name === 'WritableWorkerStdio') {
          own._write = (chunk: string | Uint8Array, encoding: BufferEncoding | 'buffer', done: () => void) => {
            const text = typeof chunk === 'string' && (encoding === 'utf8' || (encoding as string) === 'utf-8')
            write(
              stream,
              text
                ? chunk
                : new Uint8Array(typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : chunk),
            )
            done()
          }
          ;(own as { _writev?: unknown })._writev = null
        }
        Object.defineProperty(process, property, { configurable: true, enumerable: true, value: own, writable: true })
        return own
      },
    })
  }
  redirect('stdout', 1)
  redirect('stderr', 2)
}
