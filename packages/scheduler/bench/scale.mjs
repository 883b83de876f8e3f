// What a job and a wake-up cost as the number of jobs grows: O(log n), so a hundred times the jobs must not cost much more
// each. node bench/scale.mjs
import { EventLoop, run, sleep } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { AsyncScheduler } from '@loop/scheduler'

const WAKE_UPS = 20_000

// The first round is a warm-up and not shown.
for (const [round, count] of [10_000, 1000, 10_000, 100_000].entries()) {
  const clock = new VirtualClock()
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock) })
  await run(async () => {
    const scheduler = new AsyncScheduler({ clock: { now: () => 1_767_225_600_000 + clock.now() } })
    let runs = 0
    const began = process.hrtime.bigint()
    // Due one after the other, a millisecond apart, so that each wake-up has one job.
    for (let i = 0; i < count; i++) scheduler.recurring(`job-${i}`, () => void runs++, { every: count, start: new Date(1_767_225_600_000 + i + 1) })
    const registered = process.hrtime.bigint()
    await sleep(WAKE_UPS)
    const ended = process.hrtime.bigint()
    const micros = (/** @type {bigint} */ from, /** @type {bigint} */ to, /** @type {number} */ per) => (Number(to - from) / 1000 / per).toFixed(2)
    if (round > 0) console.log(`${count} jobs: ${micros(began, registered, count)} µs to register one, ${micros(registered, ended, runs)} µs a wake-up with one run`)
    await scheduler.close()
  }, { loopFactory: () => loop })
}
