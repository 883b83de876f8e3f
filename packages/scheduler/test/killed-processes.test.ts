import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileBreaker } from './kill/broken-file.ts'
import { killTest } from './kill/harness.ts'

// Real time, because it is about real processes; side by side, because they mostly wait. The minute-long version is `pnpm --filter @loop/scheduler test:kill`.
test.concurrent(
  'two processes on one SQLite file, one killed at random: each occurrence runs once',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
    try {
      const account = await killTest({
        program: new URL('kill/sqlite-child.ts', import.meta.url),
        store: join(folder, 'jobs.db'),
        seconds: 5,
      })
      expect(account).toMatchObject({ occurrences: 50, lost: [], doubled: [] })
      expect(account.kills).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

const troubles: [string, (breaker: FileBreaker) => Promise<void>][] = [
  [
    'locked by somebody else, and the disk is full, for longer than the store waits',
    async (breaker) => {
      await breaker.lock(1500)
      await breaker.fill(1500)
    },
  ],
  [
    'slow, and a page of it cannot be read for a while',
    async (breaker) => {
      await breaker.slow(1500)
      await breaker.corrupt(1500)
    },
  ],
]

test.concurrent.for(troubles)('the same while the file is %s', { timeout: 90_000 }, async ([, trouble]) => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
  const store = join(folder, 'jobs.db')
  try {
    const account = await killTest({
      program: new URL('kill/sqlite-child.ts', import.meta.url),
      store,
      seconds: 5,
      kills: 1,
      leaseMs: 6000,
      disturb: async () => {
        using breaker = new FileBreaker(store)
        await trouble(breaker)
      },
    })
    expect(account).toMatchObject({ occurrences: 50, lost: [], doubled: [], kills: 1 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
