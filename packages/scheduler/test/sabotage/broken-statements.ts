import type { SqliteDatabase, SqliteStatement } from '../../src/sqlite/driver.ts'

/** What SQLite says, by the names of its result codes; the text is what the store can see with each driver. */
export const FAULTS = {
  FULL: 'database or disk is full',
  BUSY: 'database is locked',
  IOERR: 'disk I/O error',
  CORRUPT: 'database disk image is malformed',
} as const

export type Fault = keyof typeof FAULTS

/**
 * Counts the operations of all databases that it stands around, and fails those that it was told to fail.
 *
 * After FULL and IOERR SQLite may have taken the transaction back by itself, so that does happen here, and a commit
 * that failed with IOERR may have been written: then it was.
 */
export class Saboteur {
  /** Operations so far: statements, and what is executed as text. */
  operations = 0
  /** How many were failed. */
  failed = 0
  private first = Infinity
  private last = Infinity
  private fault: Fault = 'FULL'

  /** Fails the operations from `first` on, `count` of them, counted from now. */
  arm(first: number, count: number, fault: Fault): void {
    this.operations = this.failed = 0
    this.first = first
    this.last = first + count
    this.fault = fault
  }

  around(database: SqliteDatabase): SqliteDatabase {
    const operate = <T>(run: () => T, text = ''): T => {
      const operation = ++this.operations
      if (operation < this.first || operation >= this.last) return run()
      this.failed++
      const written = text === 'commit' && this.fault === 'IOERR' && operation % 2 === 0
      if (written) run()
      else if (this.fault !== 'BUSY' && operation % 2 === 0) quietly(() => database.exec('rollback'))
      throw Object.assign(new Error(FAULTS[this.fault]), { code: `SQLITE_${this.fault}` })
    }
    return {
      exec: (sql) => operate(() => database.exec(sql), sql),
      prepare: (sql) => {
        const statement = operate(() => database.prepare(sql))
        return {
          run: (...parameters) => operate(() => statement.run(...parameters)),
          get: (...parameters) => operate(() => statement.get(...parameters)),
          all: (...parameters) => operate(() => statement.all(...parameters)),
        } satisfies SqliteStatement
      },
      close: () => database.close(),
    }
  }
}

function quietly(run: () => unknown): void {
  try {
    run()
  } catch {
    // There was no transaction to take back.
  }
}
