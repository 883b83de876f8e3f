import type { EventLoop, Executor } from '@loop/core'
import type { AsyncScheduler } from '@loop/scheduler'
import type { Settings } from './configuration.ts'
import { countPrimes, digest } from './work.ts'

/** Where jobs do their work. */
export interface Workplaces {
  readonly loop: EventLoop
  readonly threads: Executor
  readonly processes: Executor
}

/** Milliseconds from the start to the one-time job: late enough to be seen coming. */
const WARM_UP_DELAY = 5_000

/**
 * Adds the jobs that are not there: all of them at the start, and at a reload those that were cancelled. They are of
 * every kind: by interval and by cron, in the loop, in a thread and in a process, and one that fails now and then.
 */
export function addJobs(scheduler: AsyncScheduler, settings: Settings, { loop, threads, processes }: Workplaces): void {
  const known = new Set(scheduler.status().map(({ name }) => name))
  const missing = (name: string): boolean => !known.has(name)
  if (missing('pulse')) scheduler.recurring('pulse', () => process.memoryUsage.rss(), { every: settings.pulseEvery })
  if (missing('flaky')) {
    let run = 0
    const deliver = (): string => {
      if (++run % settings.failOneIn === 0) throw new Error(`delivery ${run} was refused`)
      return `delivery ${run}`
    }
    scheduler.recurring('flaky', deliver, { every: 2_000 })
  }
  if (missing('primes')) {
    scheduler.recurring('primes', () => loop.runInExecutor(threads, countPrimes, 100_000), { cron: '*/5 * * * * *' })
  }
  if (missing('digest')) {
    scheduler.recurring('digest', () => loop.runInExecutor(processes, digest, 'loop', 2_000), { every: 3_000 })
  }
  if (missing('hourly')) scheduler.recurring('hourly', () => 'nothing to report', { cron: '0 * * * *' })
  if (missing('nightly'))
    scheduler.recurring('nightly', () => 'tidied up', { cron: '0 2 * * *', timeZone: 'Europe/London' })
  if (missing('warm-up')) scheduler.once('warm-up', () => 'warm', { delay: WARM_UP_DELAY })
}

/** Adds what is missing, and plans the jobs anew whose settings have changed. */
export function replanJobs(scheduler: AsyncScheduler, before: Settings, settings: Settings, places: Workplaces): void {
  if (before.pulseEvery !== settings.pulseEvery) scheduler.cancel('pulse')
  if (before.failOneIn !== settings.failOneIn) scheduler.cancel('flaky')
  addJobs(scheduler, settings, places)
}
