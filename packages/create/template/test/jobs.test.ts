import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsyncScheduler, deterministicLoop, run, sleep } from '@loop/runtime'
import { addJobs } from '../src/jobs.ts'

const HOUR = 3_600_000

test('the report comes every morning, and a reminder when it was asked for', async () => {
  const lines: string[] = []
  await run(
    async () => {
      await using scheduler = new AsyncScheduler()
      addJobs(scheduler, (line) => lines.push(line))
      scheduler.once('tea', 'reminder', { data: { text: 'tea is ready', after: HOUR }, delay: HOUR })
      await sleep(48 * HOUR) // takes no time: the clock jumps
    },
    { loopFactory: deterministicLoop({ start: '2025-01-15T00:00:00Z' }) },
  )
  assert.deepEqual(lines, [
    'reminder: tea is ready',
    'report of 2025-01-15T06:00:00.000Z',
    'report of 2025-01-16T06:00:00.000Z',
  ])
})
