import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { killTest } from './harness.ts'

test('two processes on one SQLite file for a minute, killed at random: each occurrence runs once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
  try {
    const program = new URL('sqlite-child.ts', import.meta.url)
    const account = await killTest({ program, store: join(folder, 'jobs.db'), seconds: 60 })
    console.log(account)
    expect(account).toMatchObject({ occurrences: 600, lost: [], doubled: [] })
    expect(account.kills).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
