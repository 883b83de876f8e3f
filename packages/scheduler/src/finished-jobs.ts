import type { EventLoop } from '@loop/core'
import { checkMilliseconds, checkOptions } from './definition.ts'
import { JobOptionError } from './errors.ts'
import type { Job } from './job.ts'
import type { SchedulerOptions } from './options.ts'

/** 9 MB of them. */
const KEEP_COUNT = 10_000
const KEEP_MS = 86_400_000

/** Keeps one-time jobs for a while after their end, so that their status can be asked for, and lets the oldest go. */
export class FinishedJobs {
  /** In order of their ends, with the loop time of each. */
  private readonly ends = new Map<Job, number>()
  private readonly count: number
  private readonly ms: number

  constructor(
    private readonly loop: EventLoop,
    options: SchedulerOptions['keepFinished'] = {},
    private readonly letGo: (job: Job) => void,
  ) {
    checkOptions('keepFinished', options, ['count', 'ms'])
    this.count = options.count ?? KEEP_COUNT
    this.ms = options.ms ?? KEEP_MS
    checkMilliseconds('keepFinished', 'ms', this.ms, 0)
    if (!(this.count >= 0)) throw new JobOptionError(`keepFinished: count is a number from 0, not ${this.count}`)
  }

  /** A job may have come to its end. */
  look(job: Job): void {
    if (job.definition.plan.recurring || job.phase !== 'finished' || job.active.length > 0 || job.unstored > 0) return
    const now = this.loop.time()
    this.ends.set(job, now)
    for (const [oldest, at] of this.ends) {
      if (this.ends.size <= this.count && now - at < this.ms) return
      this.ends.delete(oldest)
      this.letGo(oldest)
    }
  }
}
