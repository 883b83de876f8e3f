/**
 * One of several processes on one store: runs the jobs until they end and nothing is left, and writes what happens to a
 * file, a line an event. Started by harness.ts, which kills it.
 */
import { appendFileSync } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { getRunningLoop, run, sleep } from '@loop/core'
import type { JobStore } from '../../src/index.ts'
import { AsyncScheduler } from '../../src/index.ts'
import type { Plan, Times } from './harness.ts'

/** Runs the jobs of the plan on a store. */
export async function child(makeStore: (plan: Plan) => JobStore): Promise<void> {
  const plan = JSON.parse(process.argv[2]!) as Plan
  const write = (...words: unknown[]): void => {
    // One small write to a file opened for appending is atomic, also among processes.
    appendFileSync(plan.log, `${words.join(' ')}\n`)
  }
  await run(async () => {
    const store = makeStore(plan)
    await using scheduler = new AsyncScheduler({ store })
    scheduler.on('storeError', ({ action, name, error, tries }) =>
      write('storeError', action, name, tries, JSON.stringify((error as Error).message)),
    )
    await scheduler.ready()
    console.log('up')
    const times = await getRunningLoop().wrap(lineFromParent())
    scheduler.on('missed', ({ name, first, last, action, count }) =>
      write('missed', name, first.getTime(), last.getTime(), action, count),
    )
    for (let i = 0; i < plan.jobs; i++) {
      scheduler.recurring(
        `job-${i}`,
        async ({ key, attempt }) => {
          write('begin', key, attempt, process.pid, Date.now())
          await sleep(plan.workMs)
          write('end', key, attempt, process.pid)
          return { pid: process.pid }
        },
        // All count from the same moment, so that two processes come to the same occurrences at the same time.
        { every: 1000, start: new Date(times.start), end: new Date(times.end), overlap: 'queue' },
      )
    }
    // Until every job has ended, and long enough for what a killed process left to be taken over.
    await sleep(times.end + plan.settleMs - Date.now())
  })
  write('closed', process.pid)
}

/** When the jobs run: the parent says so once every process is up. */
async function lineFromParent(): Promise<Times> {
  const lines = createInterface({ input: process.stdin })
  const [line] = (await once(lines, 'line')) as [string]
  lines.close()
  process.stdin.unref()
  return JSON.parse(line) as Times
}
