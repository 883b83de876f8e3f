// pg-boss needs Node 22 and a server, so these tests start both; where they cannot be had, they are skipped and say
// why.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle, killTest } from '../../scheduler/test/kill/harness.ts'
import { nodeForPgBoss } from './server/node.ts'
import type { Server } from './server/postgres.ts'
import { startPostgres } from './server/postgres.ts'

let server: Server | null = null
let node = ''
let missing = ''

// Installing PostgreSQL and fetching Node take a minute or two, once.
beforeAll(async () => {
  try {
    node = await nodeForPgBoss()
    server = await startPostgres()
  } catch (error) {
    missing = `skipped, there is no PostgreSQL or no Node for it: ${(error as Error).message}`
    console.warn(missing)
  }
}, 300_000)

afterAll(async () => {
  await server?.stop()
})

test('the contract of job stores', { timeout: 120_000 }, async ({ skip }) => {
  if (server === null) skip(missing)
  const script = await bundle(new URL('programs/conformance.ts', import.meta.url))
  const env = { ...process.env, DATABASE_URL: server!.url('conformance'), NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(node, ['--test-reporter=tap', script], {
    env,
    maxBuffer: 2 ** 24,
  }).catch((error: { stdout: string; stderr: string }) => error)
  const failures = stdout.split('\n').filter((line) => line.startsWith('not ok'))
  expect(failures, stdout).toEqual([])
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(14)
})

test(
  'the same jobs in memory, in a SQLite file and on PostgreSQL, by one flag',
  { timeout: 60_000 },
  async ({ skip }) => {
    if (server === null) skip(missing)
    const script = await bundle(new URL('programs/jobs.ts', import.meta.url))
    const folder = mkdtempSync(join(tmpdir(), 'loop-jobs-'))
    try {
      const outputs = await Promise.all(
        ['memory', `sqlite:${join(folder, 'jobs.db')}`, server!.url('jobs')].map(async (store) => {
          const { stdout } = await promisify(execFile)(node, ['--no-warnings', script, `--store=${store}`])
          return stdout.split('\n').filter((line) => line !== '')
        }),
      )
      const expected = [
        'tick 1',
        'report written',
        'tick 2',
        'delivery, attempt 1',
        'delivery, attempt 2',
        'tick 3',
        'job       schedule            state     runs  failures  next run',
        'tick      every 600 ms        finished  3     0         -',
        'report    every 900 ms        finished  1     0         -',
        'delivery  once after 1400 ms  finished  1     0         -',
      ]
      expect(outputs).toEqual([expected, expected, expected])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

// The minute-long version is `pnpm --filter @loop/scheduler-pgboss test:kill`.
test(
  'two processes on one database, one killed at random: each occurrence runs once',
  { timeout: 120_000 },
  async ({ skip }) => {
    if (server === null) skip(missing)
    const program = new URL('programs/child.ts', import.meta.url)
    const account = await killTest({ program, node, store: server!.url('killed'), seconds: 5, leaseMs: 10_000 })
    expect(account).toMatchObject({ occurrences: 50, lost: [], doubled: [] })
    expect(account.kills).toBeGreaterThan(0)
  },
)
