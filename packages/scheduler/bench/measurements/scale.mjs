// What a job and a wake-up cost among many: O(log n), so a hundred times the jobs must not cost much more each.
import { EventLoop, run, sleep } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { AsyncScheduler } from '@loop/scheduler'

const WAKE_UPS = 20_000
const START = 1_767_225_600_000
/** The first run warms up. */
const WARM_UP_JOBS = 10_000

export async function measure(_contender, _kind, { jobs }) {
  await among(WARM_UP_JOBS)
  return among(jobs)
}

/** Microseconds to register a job, and of a wake-up with one run. */
async function among(count) {
  const clock = new VirtualClock()
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock) })
  let values = {}
  await run(
    async () => {
      const scheduler = new AsyncScheduler({ clock: { now: () => START + clock.now() } })
      let runs = 0
      const began = process.hrtime.bigint()
      // Due one after the other, a millisecond apart, so that each wake-up has one job.
      for (let i = 0; i < count; i++)
        scheduler.recurring(`job-${i}`, () => void runs++, { every: count, start: new Date(START + i + 1) })
      const registered = process.hrtime.bigint()
      await sleep(WAKE_UPS)
      const ended = process.hrtime.bigint()
      values = { register: Number(registered - began) / 1000 / count, wakeUp: Number(ended - registered) / 1000 / runs }
      await scheduler.close()
    },
    { loopFactory: () => loop },
  )
  return values
}
