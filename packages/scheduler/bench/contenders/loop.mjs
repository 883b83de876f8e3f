// @loop/scheduler, as people use it: one scheduler on a running loop.
import { EventLoop, run, sleep } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { AsyncScheduler } from '@loop/scheduler'

export const name = 'loop'

/** @type {import('../contender.d.ts').Contender['session']} */
export function session(body) {
  return run(async () => {
    const scheduler = new AsyncScheduler()
    await body({
      cron: (id, pattern, fn) => scheduler.recurring(id, fn, { cron: pattern }),
      every: (id, ms, fn) => scheduler.recurring(id, fn, { every: ms }),
      stop: () => scheduler.close(),
      wait: (ms) => sleep(ms),
    })
  })
}

// Accelerated time is the loop's own: the same scheduler on a clock that jumps to whatever is next.
/** @type {import('../contender.d.ts').Contender['accelerated']} */
export async function accelerated(start, seconds, register) {
  const clock = new VirtualClock()
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock) })
  let elapsed = 0
  await run(
    async () => {
      const scheduler = new AsyncScheduler({ clock: { now: () => start + clock.now() } })
      register({
        cron: (id, pattern, fn) => scheduler.recurring(id, fn, { cron: pattern }),
        every: (id, ms, fn) => scheduler.recurring(id, fn, { every: ms }),
      })
      const began = process.hrtime.bigint()
      await sleep(seconds * 1000 + 500)
      elapsed = Number(process.hrtime.bigint() - began) / 1e6
      await scheduler.close()
    },
    { loopFactory: () => loop },
  )
  return elapsed
}
