import { openDatabase } from '../../src/sqlite/driver.ts'

/** Another process's connection to the store's file, which makes trouble. */
export class FileBreaker {
  private readonly database
  constructor(path: string) {
    this.database = openDatabase(path)
    this.database.exec('pragma busy_timeout = 5000')
  }

  /** Holds the write lock for `ms` milliseconds. */
  async lock(ms: number): Promise<void> {
    this.database.exec('begin immediate')
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.database.exec('rollback')
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
    await new Promise((resolve) => setTimeout(resolve, ms))
    for (const trigger of triggers) this.database.exec(`drop trigger ${trigger}`)
  }

  [Symbol.dispose](): void {
    this.database.close()
  }
}
