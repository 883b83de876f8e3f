import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

const JOBS = 100_000

// What a job and a wake-up cost is printed, not judged: the benchmark's scenario many-jobs compares the costs of
// different numbers of jobs.
test('100,000 jobs, half of them cron: each runs once an hour, in order', { timeout: 120_000 }, () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const runs = new Uint8Array(JOBS)
    let last = 0
    let disorder = 0
    const note = (job: number, due: number): void => {
      runs[job]!++
      if (due < last) disorder++
      last = due
    }
    const began = performance.now()
    for (let job = 0; job < JOBS; job++) {
      const second = job % 3600
      const minute = Math.floor(second / 60)
      if (job % 2 === 0)
        scheduler.recurring(`job-${job}`, (run) => note(job, run.scheduledFor.getTime()), {
          cron: `${second % 60} ${minute} * * * *`,
          timeZone: 'UTC',
        })
      else
        scheduler.recurring(`job-${job}`, (run) => note(job, run.scheduledFor.getTime()), {
          every: 3_600_000,
          start: new Date(NEW_YEAR + (second === 0 ? 3600 : second) * 1000),
        })
    }
    const registered = performance.now()
    await sleep(3_600_500)
    const micros = (ms: number, per: number): string => ((ms * 1000) / per).toFixed(2)
    console.log(
      `${micros(registered - began, JOBS)} µs to register a job, ${micros(performance.now() - registered, JOBS)} µs a run, among ${JOBS} jobs`,
    )
    expect([runs.every((count) => count === 1), disorder]).toEqual([true, 0])
    expect(scheduler.status()).toHaveLength(JOBS)
  }),
)
