import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileBreaker } from './broken-file.ts'
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

test('the same for a minute while the file is locked, full, slow and damaged in turn', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
  const store = join(folder, 'jobs.db')
  try {
    const account = await killTest({
      program: new URL('sqlite-child.ts', import.meta.url),
      store,
      seconds: 60,
      leaseMs: 6000,
      disturb: async () => {
        using breaker = new FileBreaker(store)
        for (const trouble of ['lock', 'fill', 'slow', 'corrupt', 'corrupt', 'slow', 'fill', 'lock'] as const) {
          await breaker[trouble](500 + 1500 * Math.random())
          await new Promise((resolve) => setTimeout(resolve, 1000 * Math.random()))
        }
      },
    })
    console.log(account)
    expect(account).toMatchObject({ occurrences: 600, lost: [], doubled: [] })
    expect(account.kills).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
