/**
 * What stands behind a descriptor, and which stream of Node carries it. Node's sockets carry pipes and sockets without
 * blocking, its terminals are reopened by libuv, and everything else (files, /dev/null) goes through the thread pool.
 */
import type { EventLoop } from '@loop/core'
import { NotSupportedError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { createReadStream, createWriteStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import process from 'node:process'
import { Readable, Writable } from 'node:stream'
import tty from 'node:tty'
import type { PipeOptions, ReadablePipe, WritablePipe } from './contracts.ts'

/** A stream of Node, and whether it is closed with its transport. */
export interface Opened<S> {
  readonly stream: S
  /** False for those of the process itself: the next part of the program may want them. */
  readonly own: boolean
}

/** The first descriptor that is not one of the process's own streams. */
export const FIRST_OF_OTHERS = 3

/** On Bun and Deno descriptors are read and written by the thread pool. */
const socketsCarryDescriptors = process.versions.bun === undefined && !('Deno' in globalThis)

/** The descriptor to watch with the selector, or null where Node carries it. Throws for what is no pipe. */
export function watchable(loop: EventLoop, pipe: ReadablePipe, io: PipeOptions['io'] = 'auto'): number | null {
  if (io !== 'auto' && io !== 'selector' && io !== 'node')
    throw new TypeError(`io is 'auto', 'selector' or 'node', not ${describe(io)}`)
  if (typeof pipe !== 'number') {
    if (io === 'selector') throw new NotSupportedError("a stream is Node's to read: pass its descriptor")
    return null
  }
  checkDescriptor(pipe)
  if (io === 'node') return null
  const { supports, name } = loop.selector
  const kind = kindOf(pipe)
  if (supports.fd && kind !== 'file') return pipe
  if (io === 'auto') return null
  throw new NotSupportedError(
    kind === 'file'
      ? `descriptor ${pipe} is no pipe, socket or terminal, and cannot be watched: use io: 'auto'`
      : `the ${name} selector watches no descriptors; use @loop/selector-native, or io: 'auto'`,
  )
}

/** The stream of Node for something that is read. */
export function openReadable(pipe: ReadablePipe): Opened<Readable> {
  if (typeof pipe !== 'number') {
    if (!isReadable(pipe))
      throw new TypeError(`a pipe to read is a descriptor or a readable stream, got ${describe(pipe)}`)
    return { stream: pipe, own: pipe !== process.stdin }
  }
  checkDescriptor(pipe)
  if (pipe === 0) return { stream: process.stdin, own: false }
  const own = pipe >= FIRST_OF_OTHERS
  const kind = kindOf(pipe)
  if (kind === 'terminal') return { stream: new tty.ReadStream(pipe), own }
  if (kind === 'pipe' && socketsCarryDescriptors)
    return { stream: new Socket({ fd: pipe, readable: true, writable: false }), own }
  return { stream: createReadStream('', { fd: pipe, autoClose: own }), own }
}

/** The stream of Node for something that is written to. */
export function openWritable(pipe: WritablePipe): Opened<Writable> {
  if (typeof pipe !== 'number') {
    if (!isWritable(pipe))
      throw new TypeError(`a pipe to write to is a descriptor or a writable stream, got ${describe(pipe)}`)
    return { stream: pipe, own: pipe !== process.stdout && pipe !== process.stderr }
  }
  checkDescriptor(pipe)
  if (pipe === 1 || pipe === 2) return { stream: pipe === 1 ? process.stdout : process.stderr, own: false }
  const own = pipe >= FIRST_OF_OTHERS
  const kind = kindOf(pipe)
  if (kind === 'terminal') return { stream: new tty.WriteStream(pipe), own }
  if (kind === 'pipe' && socketsCarryDescriptors)
    return { stream: new Socket({ fd: pipe, readable: false, writable: true }), own }
  return { stream: createWriteStream('', { fd: pipe, autoClose: own }), own }
}

/** What a descriptor is. Throws the system's error (EBADF) for one that is not open. */
function kindOf(fd: number): 'pipe' | 'terminal' | 'file' {
  const stats = fstatSync(fd)
  if (stats.isFIFO() || stats.isSocket()) return 'pipe'
  return tty.isatty(fd) ? 'terminal' : 'file'
}

function checkDescriptor(fd: number): void {
  if (!Number.isInteger(fd) || fd < 0) throw new TypeError(`a descriptor is a whole number from 0, got ${describe(fd)}`)
}

function isReadable(stream: unknown): stream is Readable {
  return stream instanceof Readable || has(stream, ['on', 'off', 'pause', 'resume', 'read'])
}

function isWritable(stream: unknown): stream is Writable {
  return stream instanceof Writable || has(stream, ['on', 'off', 'write', 'end'])
}

/** Whether it has these methods: streams of other copies of the module have the same. */
function has(stream: unknown, methods: readonly string[]): boolean {
  if (typeof stream !== 'object' || stream === null) return false
  return methods.every((method) => typeof (stream as Record<string, unknown>)[method] === 'function')
}
