/** The contract of job stores on SQLite, for a Node that has node:sqlite. Runs on its own Node, with node:test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { VirtualClock } from '@loop/core/testing'
import { SqliteStore } from '../../src/sqlite/index.ts'
import { jobStoreSuite } from '../../src/testing/index.ts'

const clock = new VirtualClock()
let folder = ''
const open = (): SqliteStore => new SqliteStore({ path: join(folder, 'jobs.db'), clock, driver: 'node' })

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
