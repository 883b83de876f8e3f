import { checkMilliseconds, checkOptions } from '../base/check-options.ts'
import { JobOptionError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import type { SchedulerOptions } from '../options.ts'
import type { SchedulerContext } from './context.ts'
import { removal } from './requests.ts'

/** 9 MB of them. */
const KEEP_COUNT = 10_000
const KEEP_AGE_MS = 86_400_000

/** Keeps one-time jobs for a while after their end, so that their status can be asked for, and removes the oldest. */
export class FinishedJobs {
  /** In order of their ends, with the loop time of each. */
  private readonly ends = new Map<Job, number>()
  private readonly count: number
  private readonly age: number

  constructor(
    private readonly context: SchedulerContext,
    options: SchedulerOptions['keepFinished'] = {},
  ) {
    checkOptions('keepFinished', options, ['count', 'age'])
    this.count = options.count ?? KEEP_COUNT
    this.age = options.age ?? KEEP_AGE_MS
    checkMilliseconds('keepFinished', 'age', this.age, 0)
    if (!(this.count >= 0)) throw new JobOptionError(`keepFinished: count is a number from 0, not ${this.count}`)
  }

  /** Notes a job that may have come to its end. */
  note(job: Job): void {
    if (job.definition.trigger.recurring || job.phase !== 'finished') return
    if (job.active.length > 0 || job.unstored > 0) return
    const now = this.context.loop.time()
    this.ends.set(job, now)
    for (const [oldest, at] of this.ends) {
      if (this.ends.size <= this.count && now - at < this.age) return
      this.ends.delete(oldest)
      this.remove(oldest)
    }
  }

  private remove(job: Job): void {
    const { jobs, store, access } = this.context
    if (jobs.get(job.name) !== job) return
    jobs.delete(job.name)
    // In a shared store the name stays used up for as long as the store keeps it.
    if (!store.shared) access.askUntilDone(removal(), job.name)
  }
}
