/* Long because it is the face of one thing: the calls of node:fs/promises that stores of files make. */
/**
 * Files of a simulated host, with the calls of `node:fs/promises` that stores of files make: a program that takes its
 * file system as an argument runs on this one unchanged. What a call gives is a future of the host's loop.
 */
import type { Future } from '@loop/core'
import { Buffer } from 'node:buffer'
import { posix } from 'node:path'
import { systemError } from '../network/system-error.ts'
import type { Inode, Volume } from './volume.ts'

/** What can be written. */
export type Data = string | Uint8Array
/** How text is encoded; bytes without one. */
export type EncodingOption =
  BufferEncoding | { readonly encoding?: BufferEncoding | null; readonly flag?: string } | null

/** What is known of a file. */
export interface FileStats {
  readonly size: number
  readonly mtimeMs: number
  readonly ino: number
  isFile(): boolean
  isDirectory(): boolean
}

/** What files are on. */
export interface Drive {
  readonly volume: Volume
  /** The boot of its host: what was opened in another one is closed. */
  readonly boot: number
  now(): number
  /** Does something that takes a while: `begin` acts on what programs see, `finish` on the disk itself, at the end. */
  perform<T>(kind: 'read' | 'write' | 'sync', begin: () => T, finish?: (failed: boolean) => void): Future<T>
  /** Throws ENOSPC unless so many more bytes fit. */
  reserve(bytes: number): void
}

/** The files of a host: `host.disk`. */
export class FileSystem {
  /** @internal */
  constructor(private readonly disk: Drive) {}

  /** Opens a file; flags are 'r', 'r+', 'w', 'w+', 'wx', 'wx+', 'a', 'a+', 'ax', 'ax+'. A directory opens with 'r', to be synced. */
  open(path: string, flags = 'r'): Future<OpenFile> {
    return this.disk.perform('read', () => this.opened(path, flags))
  }

  readFile(path: string, encoding: EncodingOption & (BufferEncoding | { encoding: BufferEncoding })): Future<string>
  readFile(path: string, encoding?: EncodingOption): Future<Buffer>
  readFile(path: string, encoding: EncodingOption = null): Future<Buffer | string> {
    return this.disk.perform('read', () => decode(this.volume.file(normal(path), 'open').content, encoding))
  }

  /** Writes a whole file. With `flush` it is synced, too. */
  writeFile(path: string, data: Data, options: EncodingOption & { readonly flush?: boolean } = {}): Future<void> {
    return this.writeWhole(path, data, options, 'w')
  }

  appendFile(path: string, data: Data, options: EncodingOption & { readonly flush?: boolean } = {}): Future<void> {
    return this.writeWhole(path, data, options, 'a')
  }

  /** Gives a file another name, and replaces what had it: programs see the one or the other, also after a crash. */
  rename(from: string, to: string): Future<void> {
    return this.disk.perform('write', () => {
      const [source, target] = [normal(from), normal(to)]
      const entry = this.volume.lookup(source)
      if (entry === undefined) throw systemError('ENOENT', 'rename', { path: from, dest: to })
      this.checkParent(target, 'rename')
      const there = this.volume.lookup(target)
      if (there === 'directory' && entry !== 'directory') throw systemError('EISDIR', 'rename', { path: to })
      if (there === 'directory' && this.volume.list(target).length > 0)
        throw systemError('ENOTEMPTY', 'rename', { path: to })
      if (source !== target) this.volume.rename(source, target)
    })
  }

  unlink(path: string): Future<void> {
    return this.disk.perform('write', () => {
      this.volume.file(normal(path), 'unlink')
      this.volume.remove(normal(path))
    })
  }

  rm(path: string, options: { readonly recursive?: boolean; readonly force?: boolean } = {}): Future<void> {
    return this.disk.perform('write', () => {
      const target = normal(path)
      const entry = this.volume.lookup(target)
      if (entry === undefined && options.force === true) return
      if (entry === undefined) throw systemError('ENOENT', 'rm', { path })
      if (entry === 'directory' && options.recursive !== true) throw systemError('EISDIR', 'rm', { path })
      this.removeAll(target)
    })
  }

  mkdir(path: string, options: { readonly recursive?: boolean } = {}): Future<void> {
    return this.disk.perform('write', () => {
      const target = normal(path)
      if (options.recursive !== true) {
        this.checkParent(target, 'mkdir')
        if (this.volume.lookup(target) !== undefined) throw systemError('EEXIST', 'mkdir', { path })
        this.volume.create(target, 'directory')
        return
      }
      const missing: string[] = []
      for (let at = target; this.volume.lookup(at) !== 'directory'; at = posix.dirname(at)) {
        if (this.volume.lookup(at) !== undefined) throw systemError('EEXIST', 'mkdir', { path })
        missing.unshift(at)
      }
      for (const each of missing) this.volume.create(each, 'directory')
    })
  }

  readdir(path: string): Future<string[]> {
    return this.disk.perform('read', () => {
      const target = normal(path)
      const entry = this.volume.lookup(target)
      if (entry === undefined) throw systemError('ENOENT', 'scandir', { path })
      if (entry !== 'directory') throw systemError('ENOTDIR', 'scandir', { path })
      return this.volume.list(target)
    })
  }

  stat(path: string): Future<FileStats> {
    return this.disk.perform('read', () => {
      const entry = this.volume.lookup(normal(path))
      if (entry === undefined) throw systemError('ENOENT', 'stat', { path })
      return statsOf(entry)
    })
  }

  access(path: string): Future<void> {
    return this.disk.perform('read', () => {
      if (this.volume.lookup(normal(path)) === undefined) throw systemError('ENOENT', 'access', { path })
    })
  }

  truncate(path: string, length = 0): Future<void> {
    return this.disk.perform('write', () => {
      const file = this.volume.file(normal(path), 'truncate')
      this.disk.reserve(length - file.content.length)
      file.change({ kind: 'truncate', length })
    })
  }

  private get volume(): Volume {
    return this.disk.volume
  }

  private writeWhole(
    path: string,
    data: Data,
    options: EncodingOption & { readonly flush?: boolean },
    flags: string,
  ): Future<void> {
    const flag =
      typeof options === 'object' && options !== null ? ((options as { flag?: string }).flag ?? flags) : flags
    let finish: ((failed: boolean) => void) | undefined
    const begin = (): void => {
      const file = this.opened(path, flag)
      file.put(encode(data, options), null)
      if ((options as { flush?: boolean } | null)?.flush === true) finish = file.beginSync()
    }
    const flush = (options as { flush?: boolean } | null)?.flush === true
    return this.disk.perform(flush ? 'sync' : 'write', begin, (failed) => finish?.(failed))
  }

  private opened(path: string, flags: string): OpenFile {
    if (!/^(r|r\+|rs|rs\+|(w|wx|a|ax|as)\+?)$/.test(flags))
      throw new TypeError(`${JSON.stringify(flags)} is no flag of an open file`)
    const target = normal(path)
    let entry = this.volume.lookup(target)
    const isWriting = !/^rs?$/.test(flags)
    if (entry === 'directory' && isWriting) throw systemError('EISDIR', 'open', { path })
    if (entry === undefined) {
      if (flags.startsWith('r')) throw systemError('ENOENT', 'open', { path })
      this.checkParent(target, 'open')
      entry = this.volume.create(target)
    } else if (flags.includes('x')) throw systemError('EEXIST', 'open', { path })
    else if (flags.startsWith('w') && entry !== 'directory' && entry.content.length > 0)
      entry.change({ kind: 'truncate', length: 0 })
    return new OpenFile(this.disk, entry, {
      reads: flags.includes('+') || flags.startsWith('r'),
      writes: isWriting,
      appends: flags.startsWith('a'),
    })
  }

  private checkParent(path: string, syscall: string): void {
    const parent = this.volume.lookup(posix.dirname(path))
    if (parent === undefined) throw systemError('ENOENT', syscall, { path })
    if (parent !== 'directory') throw systemError('ENOTDIR', syscall, { path })
  }

  private removeAll(path: string): void {
    if (this.volume.lookup(path) === 'directory')
      for (const name of this.volume.list(path)) this.removeAll(posix.join(path, name))
    if (path !== '/') this.volume.remove(path)
  }
}

let descriptors = 3

/** An open file: the FileHandle of `node:fs/promises`. */
export class OpenFile implements AsyncDisposable {
  readonly fd = descriptors++
  private position = 0
  private closed = false
  private readonly boot: number

  /** @internal */
  constructor(
    private readonly disk: Drive,
    private readonly entry: Inode | 'directory',
    private readonly may: { readonly reads: boolean; readonly writes: boolean; readonly appends: boolean },
  ) {
    this.boot = disk.boot
  }

  /** Reads at a position, or (null) where the last read or write ended. */
  read(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.length - offset,
    position: number | null = null,
  ): Future<{ bytesRead: number; buffer: Uint8Array }> {
    return this.disk.perform('read', () => {
      const { content } = this.file('read', this.may.reads)
      const at = position ?? this.position
      const bytes = content.subarray(at, at + length)
      buffer.set(bytes, offset)
      if (position === null) this.position = at + bytes.length
      return { bytesRead: bytes.length, buffer }
    })
  }

  /** Writes at a position, or (null) where the last one ended; at the end of a file that appends. */
  write(
    data: Data,
    offset: number | null = 0,
    length: number | null | BufferEncoding = null,
    position: number | null = null,
  ): Future<{ bytesWritten: number; buffer: Data }> {
    // As Node: write(string, position, encoding), write(bytes, offset, length, position).
    const isText = typeof data === 'string'
    const bytes = isText
      ? Buffer.from(data, typeof length === 'string' ? length : 'utf8')
      : Buffer.from(data).subarray(offset ?? 0, (offset ?? 0) + ((length as number | null) ?? data.length))
    const at = isText ? (offset === 0 ? null : offset) : position
    return this.disk.perform('write', () => {
      this.put(bytes, at)
      return { bytesWritten: bytes.length, buffer: data }
    })
  }

  readFile(encoding: BufferEncoding | { encoding: BufferEncoding }): Future<string>
  readFile(encoding?: EncodingOption): Future<Buffer>
  readFile(encoding: EncodingOption = null): Future<Buffer | string> {
    return this.disk.perform('read', () => {
      const { content } = this.file('read', this.may.reads)
      const rest = content.subarray(this.position)
      this.position = content.length
      return decode(rest, encoding)
    })
  }

  writeFile(data: Data, encoding: EncodingOption = null): Future<void> {
    return this.disk.perform('write', () => {
      this.put(encode(data, encoding), null)
    })
  }

  appendFile(data: Data, encoding: EncodingOption = null): Future<void> {
    return this.writeFile(data, encoding)
  }

  /** Done when all that was written before is on the disk, and the names of files, too. */
  sync(): Future<void> {
    let finish: ((failed: boolean) => void) | undefined
    return this.disk.perform(
      'sync',
      () => {
        this.checkOpen('fsync')
        finish = this.beginSync()
      },
      (failed) => finish?.(failed),
    )
  }

  datasync(): Future<void> {
    return this.sync()
  }

  truncate(length = 0): Future<void> {
    return this.disk.perform('write', () => {
      const file = this.file('ftruncate', this.may.writes)
      this.disk.reserve(length - file.content.length)
      file.change({ kind: 'truncate', length })
    })
  }

  stat(): Future<FileStats> {
    return this.disk.perform('read', () => {
      this.checkOpen('fstat')
      return statsOf(this.entry)
    })
  }

  close(): Future<void> {
    return this.disk.perform('read', () => {
      this.checkOpen('close')
      this.closed = true
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.closed) await this.close()
  }

  /** @internal Writes at once into what programs see. */
  put(bytes: Buffer, position: number | null): void {
    const file = this.file('write', this.may.writes)
    const at = this.may.appends ? file.content.length : (position ?? this.position)
    this.disk.reserve(Math.max(0, at + bytes.length - file.content.length))
    file.change({ kind: 'write', at, bytes: Buffer.from(bytes) })
    file.modifiedMs = this.disk.now()
    if (position === null) this.position = at + bytes.length
  }

  /** @internal */
  beginSync(): (failed: boolean) => void {
    const commit = this.disk.volume.beginCommit()
    const content = this.entry === 'directory' ? null : this.entry.beginSync()
    const { boot, disk } = this
    return (failed) => {
      // A crash in between has decided already what is on the disk.
      if (boot !== disk.boot) return
      if (failed) content?.failed()
      else {
        content?.done()
        commit()
      }
    }
  }

  private file(syscall: string, allowed: boolean): Inode {
    this.checkOpen(syscall)
    if (this.entry === 'directory') throw systemError('EISDIR', syscall)
    if (!allowed) throw systemError('EBADF', syscall)
    return this.entry
  }

  private checkOpen(syscall: string): void {
    if (this.closed || this.boot !== this.disk.boot) throw systemError('EBADF', syscall)
  }
}

function normal(path: string): string {
  if (typeof path !== 'string') throw new TypeError('a path is a string')
  return posix.resolve('/', path)
}

function encodingOf(option: EncodingOption): BufferEncoding | null {
  return typeof option === 'string' ? option : (option?.encoding ?? null)
}

function decode(bytes: Buffer, option: EncodingOption): Buffer | string {
  const encoding = encodingOf(option)
  return encoding === null ? Buffer.from(bytes) : bytes.toString(encoding)
}

function encode(data: Data, option: EncodingOption): Buffer {
  return typeof data === 'string' ? Buffer.from(data, encodingOf(option) ?? 'utf8') : Buffer.from(data)
}

function statsOf(entry: Inode | 'directory'): FileStats {
  const isDirectory = entry === 'directory'
  return {
    size: isDirectory ? 0 : entry.content.length,
    mtimeMs: isDirectory ? 0 : entry.modifiedMs,
    ino: isDirectory ? 0 : entry.number,
    isFile: () => !isDirectory,
    isDirectory: () => isDirectory,
  }
}
