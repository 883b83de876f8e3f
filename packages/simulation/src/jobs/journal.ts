/**
 * A log of commands on a disk that may crash at any moment: a line for each, with a checksum. What was appended is
 * answered for only after it was synced; at the next start, the log ends at the first line that is not whole, and what
 * is behind it is cut off, so that later lines never stand behind a torn one.
 */
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { decode, encode } from './wire.ts'

/** The log in one file. */
export class Journal {
  private constructor(private readonly file: OpenFile) {}

  /** Opens the log, and gives the entries that are in it. */
  static async open(files: FileSystem, path: string): Promise<{ journal: Journal; entries: unknown[] }> {
    const file = await files.open(path, 'a+')
    const content = await files.readFile(path)
    const entries: unknown[] = []
    let whole = 0
    for (;;) {
      const end = content.indexOf(NEWLINE, whole)
      const entry = end < 0 ? undefined : read(content.subarray(whole, end).toString())
      if (entry === undefined) break
      entries.push(entry)
      whole = end + 1
    }
    if (whole < content.length) await file.truncate(whole)
    // Whoever reads these entries will act on them.
    await file.sync()
    return { journal: new Journal(file), entries }
  }

  /** Appends entries, all of them or a part from the beginning; done when they are safe. */
  async append(entries: readonly unknown[]): Promise<void> {
    await this.file.appendFile(entries.map(line).join(''))
    await this.file.sync()
  }

  /** Ends the use of the file. */
  async close(): Promise<void> {
    await this.file.close()
  }
}

const NEWLINE = 10

function line(entry: unknown): string {
  const text = encode(entry)
  return `${checksum(text)} ${text}\n`
}

/** An entry, if its line is whole; undefined else. */
function read(text: string): unknown {
  const at = text.indexOf(' ')
  const body = text.slice(at + 1)
  return at > 0 && checksum(body) === text.slice(0, at) ? decode(body) : undefined
}

/** FNV-1a of 32 bits: it finds what a crash tears; nobody forges lines here. */
function checksum(text: string): string {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return (state >>> 0).toString(16)
}
