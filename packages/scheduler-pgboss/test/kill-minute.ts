import { afterAll, beforeAll, expect, test } from 'vitest'
import { killTest } from '../../scheduler/test/kill/harness.ts'
import { nodeForPgBoss } from './server/node.ts'
import type { Server } from './server/postgres.ts'
import { startPostgres } from './server/postgres.ts'

let server: Server

beforeAll(async () => {
  server = await startPostgres()
})

afterAll(async () => {
  await server.stop()
})

test('two processes on one database for a minute, killed at random: each occurrence runs once', async () => {
  const program = new URL('programs/child.ts', import.meta.url)
  const account = await killTest({
    program,
    node: await nodeForPgBoss(),
    store: server.url('killed'),
    seconds: 60,
    leaseMs: 10_000,
  })
  console.log(account)
  expect(account).toMatchObject({ occurrences: 600, lost: [], doubled: [] })
  expect(account.kills).toBeGreaterThan(3)
})

test('ten instances, a hundred jobs a second for a minute, three killed and the database restarted: each occurrence once, or reported', async () => {
  const account = await killTest({
    program: new URL('programs/child.ts', import.meta.url),
    node: await nodeForPgBoss(),
    store: server.url('ten'),
    seconds: 60,
    jobs: 100,
    processes: 10,
    kills: 3,
    leaseMs: 10_000,
    disturb: () => server.restart(),
  })
  console.log(account)
  expect(account).toMatchObject({ occurrences: 6000, lost: [], doubled: [], kills: 3 })
})
