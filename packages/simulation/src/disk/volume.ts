/**
 * What a disk holds, twice: as programs see it, and as it would be found after a crash.
 *
 * A program writes into the cache of its system. What it synced is on the disk; of the rest, a crash leaves any part.
 * Names (created, renamed and removed files) are kept in a journal, as by ext4 and others: a crash loses the last of its
 * entries, never one in between, and syncing any file or directory commits all that came before.
 */
import type { Random } from '../random.ts'
import { systemError } from '../network/system-error.ts'

/** A change of a file that may not be on the disk yet. */
type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number }

/** A file. */
export class Inode {
  /** As programs see it. */
  content: Buffer = Buffer.alloc(0)
  modifiedMs = 0
  /** As it is on the disk. */
  private durable: Buffer = Buffer.alloc(0)
  private pending: Change[] = []

  constructor(readonly number: number) {}

  change(change: Change): void {
    this.content = changed(this.content, change)
    this.pending.push(change)
  }

  /** What a sync that begins now will bring to the disk: call the result when it ends. */
  beginSync(): { done(): void; failed(): void } {
    const count = this.pending.length
    return {
      done: () => {
        for (const change of this.pending.splice(0, count)) this.durable = changed(this.durable, change)
      },
      // As on Linux: the system forgets that these were to be written, and the next sync says that all is well.
      failed: () => {
        this.pending.splice(0, count)
      },
    }
  }

  /** What a crash leaves of it. Tells how many changes were lost or torn. */
  crash(random: Random): number {
    let harmed = 0
    if (this.pending.length > 0) {
      const mode = random.below(3)
      for (const change of this.pending) {
        const fate = mode === 2 ? random.below(3) : mode
        if (fate !== KEPT) harmed++
        if (fate === KEPT) this.durable = changed(this.durable, change)
        else if (fate === TORN && change.kind === 'write')
          this.durable = changed(this.durable, {
            ...change,
            bytes: change.bytes.subarray(0, random.below(change.bytes.length)),
          })
      }
    }
    this.pending = []
    this.content = this.durable
    return harmed
  }

  /** As after a process was killed, and its system was not. */
  keep(): void {
    this.beginSync().done()
  }
}

const KEPT = 1
const TORN = 2

/** Contents are values: never changed in place, so that the two views may share them. */
function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    if (change.length <= content.length) return content.subarray(0, change.length)
    return Buffer.concat([content], change.length)
  }
  const { at, bytes } = change
  if (bytes.length === 0) return content
  if (at === content.length) return Buffer.concat([content, bytes])
  const next = Buffer.alloc(Math.max(content.length, at + bytes.length))
  content.copy(next)
  bytes.copy(next, at)
  return next
}

/** What a name stands for. */
export type Entry = Inode | 'directory'

type Names = Map<string, Entry>

/** A change of names that may not be on the disk yet. */
type NameChange = readonly [path: string, entry: Entry | null][]

/** The names of a disk. Paths are absolute and normal. */
export class Volume {
  private names: Names = new Map<string, Entry>([['/', 'directory']])
  private durable: Names = new Map<string, Entry>([['/', 'directory']])
  private journal: NameChange[] = []
  private inodes = 0

  lookup(path: string): Entry | undefined {
    return this.names.get(path)
  }

  /** The file at a path. Throws as the system does. */
  file(path: string, syscall: string): Inode {
    const entry = this.names.get(path)
    if (entry === undefined) throw systemError('ENOENT', syscall, { path })
    if (entry === 'directory') throw systemError('EISDIR', syscall, { path })
    return entry
  }

  create(path: string, entry: Entry | null = null): Entry {
    const made = entry ?? new Inode(++this.inodes)
    this.change([[path, made]])
    return made
  }

  remove(path: string): void {
    this.change([[path, null]])
  }

  rename(from: string, to: string): void {
    const moved = [...this.names].filter(([path]) => path === from || path.startsWith(`${from}/`))
    this.change(
      moved.flatMap(([path, entry]): [string, Entry | null][] => [
        [path, null],
        [to + path.slice(from.length), entry],
      ]),
    )
  }

  /** Names directly in a directory, sorted. */
  list(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`
    return [...this.names.keys()]
      .filter((each) => each !== '/' && each.startsWith(prefix) && !each.slice(prefix.length).includes('/'))
      .map((each) => each.slice(prefix.length))
      .sort()
  }

  /** Bytes of all files. */
  get size(): number {
    let sum = 0
    for (const entry of new Set(this.names.values())) if (entry !== 'directory') sum += entry.content.length
    return sum
  }

  /** Brings all changes of names until now to the disk: call the result when that has been done. */
  beginCommit(): () => void {
    const count = this.journal.length
    return () => {
      for (const change of this.journal.splice(0, count)) apply(this.durable, change)
    }
  }

  /** What a crash leaves. Tells how many changes it harmed. */
  crash(random: Random): number {
    const kept = random.below(this.journal.length + 1)
    let harmed = this.journal.length - kept
    for (const change of this.journal.slice(0, kept)) apply(this.durable, change)
    this.journal = []
    const inodes = new Set([...this.names.values(), ...this.durable.values()])
    for (const entry of inodes) if (entry !== 'directory') harmed += entry.crash(random)
    this.names = new Map(this.durable)
    return harmed
  }

  /** As after a process was killed, and its system was not. */
  keep(): void {
    this.beginCommit()()
    for (const entry of this.names.values()) if (entry !== 'directory') entry.keep()
  }

  private change(change: NameChange): void {
    apply(this.names, change)
    this.journal.push(change)
  }
}

function apply(names: Names, change: NameChange): void {
  for (const [path, entry] of change) {
    if (entry === null) names.delete(path)
    else names.set(path, entry)
  }
}
