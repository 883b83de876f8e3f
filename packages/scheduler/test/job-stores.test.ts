import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@loop/core/testing'
import { describe, test } from 'vitest'
import { MemoryStore } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import { jobStoreSuite } from '../src/testing/index.ts'

describe('memory', () => {
  jobStoreSuite({ test, make: () => new MemoryStore() })
})

describe('sqlite', () => {
  const clock = new VirtualClock()
  let folder = ''
  const open = (): SqliteStore => new SqliteStore({ path: join(folder, 'jobs.db'), clock })
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
})
