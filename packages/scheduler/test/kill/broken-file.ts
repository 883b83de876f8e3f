import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { openDatabase } from '../../src/sqlite/driver.ts'

/** More than one page of a b-tree's header: without it SQLite takes a page for damaged. */
const HEADER_BYTES = 16

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Another process's connection to the store's file, which makes trouble. */
export class FileBreaker {
  private readonly database
  /** Kept open: the system drops a process's locks on a file when any descriptor of it is closed. */
  private readonly file: number

  constructor(private readonly path: string) {
    this.database = openDatabase(path)
    this.database.exec('pragma busy_timeout = 5000')
    this.file = openSync(path, 'r+')
  }

  /** Runs a statement. */
  exec(sql: string): void {
    this.database.exec(sql)
  }

  /** Holds the write lock for `ms` milliseconds. */
  async lock(ms: number): Promise<void> {
    this.database.exec('begin immediate')
    await pause(ms)
    this.database.exec('rollback')
  }

  /** For `ms` milliseconds others get the file only now and then: each change waits for up to half a second. */
  async slow(ms: number): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end;) {
      await this.lock(100 + 400 * Math.random())
      await pause(5)
    }
  }

  /** For `ms` milliseconds every change fails as on a full disk: SQLite takes the transaction back by itself. */
  async fill(ms: number): Promise<void> {
    const triggers: string[] = []
    for (const table of ['loop_job', 'loop_occurrence']) {
      for (const act of ['insert', 'update', 'delete']) {
        triggers.push(`full_${table}_${act}`)
        this.database.exec(
          `create trigger full_${table}_${act} before ${act} on ${table} begin select raise(rollback, 'database or disk is full'); end`,
        )
      }
    }
    await pause(ms)
    for (const trigger of triggers) this.database.exec(`drop trigger ${trigger}`)
  }

  /** For `ms` milliseconds the first page of the table of jobs is damaged. */
  async corrupt(ms: number): Promise<void> {
    const restore = this.damagePage('loop_job')
    await pause(ms)
    restore()
  }

  /** Damages the first page of a table; gives what restores it. */
  damagePage(table: string): () => void {
    this.alone()
    const { rootpage } = this.database.prepare('select rootpage from sqlite_master where name = ?').get(table) as {
      rootpage: number
    }
    const { page_size: pageSize } = this.database.prepare('pragma page_size').get() as { page_size: number }
    const offset = (rootpage - 1) * pageSize
    const sound = Buffer.alloc(HEADER_BYTES)
    const damaged = Buffer.alloc(HEADER_BYTES, 0xff)
    readSync(this.file, sound, 0, HEADER_BYTES, offset)
    writeSync(this.file, damaged, 0, HEADER_BYTES, offset)
    this.database.exec('rollback')
    return () => {
      this.database.exec('begin immediate')
      const now = Buffer.alloc(HEADER_BYTES)
      readSync(this.file, now, 0, HEADER_BYTES, offset)
      // Nobody can have changed a page that nobody can read.
      if (!now.equals(damaged)) throw new Error('the damaged page was written over')
      writeSync(this.file, sound, 0, HEADER_BYTES, offset)
      this.database.exec('rollback')
    }
  }

  /**
   * Takes the write lock at a moment when every page is in the file and nobody has one in memory: a checkpoint that
   * emptied the log was the last thing that happened to it.
   */
  private alone(): void {
    for (;;) {
      const checkpoint = this.database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
      this.database.exec('begin immediate')
      if (checkpoint.busy === 0 && statSync(`${this.path}-wal`).size === 0) return
      this.database.exec('rollback')
    }
  }

  [Symbol.dispose](): void {
    this.database.close()
    closeSync(this.file)
  }
}
