/** The contract of job stores on SQLite, for any test runner. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@loop/core/testing'
import type { SqliteStoreOptions } from '../src/sqlite/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import type { JobStoreSuiteOptions } from '../src/testing/index.ts'
import { jobStoreSuite } from '../src/testing/index.ts'

/** Runs it in a folder of its own a test; a lease expires by the clock. */
export function sqliteSuite(
  test: JobStoreSuiteOptions['test'],
  options: Pick<SqliteStoreOptions, 'driver'> = {},
): void {
  const clock = new VirtualClock()
  let folder = ''
  const open = (): SqliteStore => new SqliteStore({ path: join(folder, 'jobs.db'), clock, ...options })
  jobStoreSuite({
    test,
    make: () => {
      folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
      return open()
    },
    another: open,
    expire: () => {
      clock.advance(30_000)
    },
    cleanUp: () => {
      rmSync(folder, { recursive: true })
    },
  })
}
