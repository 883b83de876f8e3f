import { sleep } from '@loop/core'
import type { JobStatus, JobStore } from '@loop/scheduler'
import { AsyncScheduler } from '@loop/scheduler'
import { addJobs, JOBS_TAKE } from './jobs.ts'

/** Runs the jobs on a store until all are over, and gives their last status. */
export async function performJobs(store: JobStore, print: (line: string) => void): Promise<JobStatus[]> {
  await using scheduler = new AsyncScheduler({ store })
  // The failure is part of the show; without a listener it would be reported if it were not tried again.
  scheduler.on('failure', () => {})
  addJobs(scheduler, print)
  await scheduler.ready()
  await sleep(JOBS_TAKE)
  return scheduler.status()
}
