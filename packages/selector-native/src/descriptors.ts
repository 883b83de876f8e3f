/**
 * Descriptors that Node has no call for, to be used with `loop.addReader` and `node:fs` (`readSync`, `writeSync`,
 * `closeSync`). All are non-blocking; the caller closes them.
 */
import { SystemError } from './errors.ts'
import { requireBinding } from './support.ts'

function make(kind: 'pipe' | 'socketpair' | 'terminal' | 'eventfd'): readonly number[] {
  const made = requireBinding().make(kind)
  if (typeof made === 'number') throw new SystemError(made, kind)
  return made
}

/** A pipe: its reading and its writing end. */
export function pipe(): { readonly reader: number; readonly writer: number } {
  const [reader, writer] = make('pipe')
  return { reader: reader!, writer: writer! }
}

/** Two connected stream sockets. */
export function socketPair(): readonly [number, number] {
  const [left, right] = make('socketpair')
  return [left!, right!]
}

/** A pseudo-terminal: the side that plays the user, and the side that programs see. */
export function terminal(): { readonly controller: number; readonly program: number } {
  const [controller, program] = make('terminal')
  return { controller: controller!, program: program! }
}

/** A counter that is readable while it is not 0 (Linux): write 8 bytes to add, read 8 bytes to take. */
export function eventfd(): number {
  return make('eventfd')[0]!
}

/**
 * Reads into `bytes`; how many came, 0 at the end, throws EAGAIN when there is nothing. As readSync, but for Windows'
 * sockets too.
 */
export function read(fd: number, bytes: Uint8Array): number {
  return counted(requireBinding().rawRead(fd, bytes), 'read')
}

/** Writes what there is room for; throws EAGAIN when there is none. */
export function write(fd: number, bytes: Uint8Array | string): number {
  return counted(requireBinding().rawWrite(fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes), 'write')
}

/** Closes a descriptor made here. */
export function close(fd: number): void {
  requireBinding().rawClose(fd)
}

function counted(result: number, call: string): number {
  if (result < 0) throw new SystemError(result, call)
  return result
}
