import type { AsyncScheduler } from '@loop/runtime'

/** What a reminder carries: a job that is data, so that a store can keep it. */
export interface Reminder {
  readonly text: string
  /** Milliseconds from now. */
  readonly after: number
}

/** Whether somebody sent a reminder. */
export function isReminder(value: unknown): value is Reminder {
  const { text, after } = (value ?? {}) as Partial<Record<keyof Reminder, unknown>>
  return typeof text === 'string' && typeof after === 'number' && after >= 0
}

/** Everything that runs by itself. `log` is where it says so. */
export function addJobs(scheduler: AsyncScheduler, log: (line: string) => void = console.log): void {
  scheduler.define('reminder', ({ data }) => log(`reminder: ${(data as Reminder).text}`), { retry: 3 })
  scheduler.recurring('report', ({ scheduledFor }) => log(`report of ${scheduledFor.toISOString()}`), {
    cron: '0 6 * * *',
    timeZone: 'Europe/London',
    timeout: 60_000,
  })
}
