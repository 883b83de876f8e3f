import { createRequire } from 'node:module'
import { ThreadPoolExecutor } from '@loop/executor'
import { defineProgram } from '../program.ts'

/** A value that SQLite stores. */
type Value = string | number | bigint | null

/** The part of the blocking library that the functions below use; in the worker only. */
interface BlockingDatabase {
  all(sql: string, values: readonly Value[]): Record<string, Value>[]
  run(sql: string, values: readonly Value[]): { changes: number }
  close(): void
}

// The worker's functions: shipped by source, so all they use stands in them. The connection lives in the worker.

function open(libraryPath: string, file: string): void {
  const load = process.getBuiltinModule('node:module').createRequire(libraryPath)
  const { Database } = load(libraryPath) as { Database: new (file: string) => BlockingDatabase }
  ;(globalThis as { database?: BlockingDatabase }).database = new Database(file)
}

function query(sql: string, values: readonly Value[]): Record<string, Value>[] {
  return (globalThis as { database?: BlockingDatabase }).database!.all(sql, values)
}

function change(sql: string, values: readonly Value[]): number {
  return (globalThis as { database?: BlockingDatabase }).database!.run(sql, values).changes
}

function close(): void {
  ;(globalThis as { database?: BlockingDatabase }).database!.close()
}

/**
 * A blocking SQLite library for asynchronous use: every call runs on a thread of its own, which owns the connection,
 * and `await using` closes it. SQLite locks a connection to one call at a time, so one thread is what it wants.
 */
class AsyncDatabase implements AsyncDisposable {
  private readonly thread = new ThreadPoolExecutor({ maxWorkers: 1, namePrefix: 'sqlite' })

  private constructor() {}

  static async connect(file: string): Promise<AsyncDatabase> {
    const database = new AsyncDatabase()
    await database.thread.submit(open, [createRequire(import.meta.url).resolve('node-sqlite3-wasm'), file])
    return database
  }

  query(sql: string, ...values: Value[]): PromiseLike<Record<string, Value>[]> {
    return this.thread.submit(query, [sql, values])
  }

  change(sql: string, ...values: Value[]): PromiseLike<number> {
    return this.thread.submit(change, [sql, values])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.thread.submit(close, [])
    await this.thread.shutdown()
  }
}

export const program = defineProgram({
  id: 'P2',
  section: 'Patterns',
  title: 'A blocking database as an async resource',
  idea: 'A blocking SQLite library behind connect, query and close on an executor; the loop stays free; await using closes it.',
  expected: [
    '2 rows added',
    'Ada 1815',
    'Grace 1906',
    'the loop went on meanwhile: true',
    'error: no such table: nobody',
    'closed',
  ],
  realTime: true,

  async run({ loop, print }) {
    {
      await using database = await AsyncDatabase.connect(':memory:')
      await database.change('CREATE TABLE people (name TEXT, born INTEGER)')
      print(
        `${await database.change('INSERT INTO people VALUES (?, ?), (?, ?)', 'Grace', 1906, 'Ada', 1815)} rows added`,
      )
      let turns = 0
      loop.callSoon(function again() {
        turns++
        loop.callLater(1, again)
      })
      for (const { name, born } of await database.query('SELECT * FROM people ORDER BY born'))
        print(`${String(name)} ${String(born)}`)
      print(`the loop went on meanwhile: ${turns > 0}`)
      try {
        await database.query('SELECT * FROM nobody')
      } catch (error) {
        print(`error: ${(error as Error).message}`)
      }
    }
    print('closed')
  },
})
