import { sleep } from '@loop/core'
import type { AsyncScheduler } from '@loop/scheduler'

/**
 * The jobs of a small service, the same on every store: a tick, a report that takes a while, and a delivery that
 * succeeds at the second try.
 */
export function addJobs(scheduler: AsyncScheduler, print: (line: string) => void): void {
  let ticks = 0
  scheduler.recurring('tick', () => print(`tick ${++ticks}`), { every: 600, limit: 3 })
  scheduler.recurring(
    'report',
    async () => {
      await sleep(100)
      print('report written')
      return { pages: 3 }
    },
    { every: 900, limit: 1 },
  )
  scheduler.once(
    'delivery',
    ({ attempt }) => {
      print(`delivery, attempt ${attempt}`)
      if (attempt === 1) throw new Error('nobody at home')
    },
    { delay: 1400, retry: { attempts: 2, delay: 100 } },
  )
}

/** How long they take, in milliseconds. */
export const JOBS_TAKE = 2300

/** What they print. */
export const JOBS_PRINT = ['tick 1', 'report written', 'tick 2', 'delivery, attempt 1', 'delivery, attempt 2', 'tick 3']
