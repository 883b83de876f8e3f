// A night of scheduled jobs, in virtual time: cron in a time zone, an interval, a retry, and a job that fails for good.
import { getRunningLoop, run, sleep } from '@loop/core'
import { deterministicLoop, type DeterministicLoop } from '@loop/policy'
import { AsyncScheduler } from '@loop/scheduler'

const hour = 3_600_000

await run(
  async () => {
    const { clock } = getRunningLoop() as DeterministicLoop
    await using scheduler = new AsyncScheduler({ clock: clock.wall })
    const now = () => clock.wallTime().toISOString().slice(11, 16)

    scheduler.recurring(
      'report',
      () => {
        console.log(now(), 'report')
      },
      { cron: '0 2 * * *', timeZone: 'Europe/Berlin' },
    )
    scheduler.recurring(
      'clean',
      () => {
        console.log(now(), 'clean')
      },
      { every: 3 * hour },
    )
    scheduler.once(
      'import',
      async ({ attempt }) => {
        await sleep(60_000)
        if (attempt < 3) throw new Error('the source is not there yet')
        console.log(now(), 'import, attempt', attempt)
      },
      { delay: hour, retry: { attempts: 5, delay: 600_000, factor: 1, maxDelay: 600_000 } },
    )
    scheduler.once(
      'upload',
      () => {
        throw new Error('refused')
      },
      { delay: hour },
    )
    scheduler.on('failure', ({ name, error, retryIn }) => {
      const next = retryIn === null ? 'given up' : `next try in ${retryIn / 60_000} min`
      console.log(now(), name, 'failed:', (error as Error).message, '-', next)
    })

    await sleep(8 * hour)
  },
  { loopFactory: deterministicLoop({ start: '2026-01-15T22:00:00Z' }) },
)

/* Prints:
23:00 upload failed: refused - given up
23:01 import failed: the source is not there yet - next try in 10 min
23:12 import failed: the source is not there yet - next try in 10 min
23:23 import, attempt 3
01:00 clean
01:00 report
04:00 clean
*/
