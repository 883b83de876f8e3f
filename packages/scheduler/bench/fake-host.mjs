// Accelerated time for libraries that use the host's timers: Date, performance.now and the timers are replaced before
// the library is loaded. Timers lie in the same heap that the loop uses, so that none of the libraries pays for a slow
// fake.
import { TimerHeap } from '@loop/core/lowlevel'

class FakeTimer {
  sequence = 0
  dead = false
  constructor(deadline, fn, args, every) {
    this.deadline = deadline
    this.fn = fn
    this.args = args
    this.every = every
  }
  cancelled() {
    return this.dead
  }
  ref() {
    return this
  }
  unref() {
    return this
  }
  hasRef() {
    return true
  }
}

/** Replaces the host's clocks and timers; `advance` moves time. */
export function fakeHost(start) {
  const heap = new TimerHeap()
  const RealDate = Date
  const turn = setImmediate
  let now = start
  const add = (fn, ms, args, every) => {
    const timer = new FakeTimer(now + Math.max(1, Number(ms) || 0), fn, args, every)
    heap.push(timer)
    return timer
  }
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(now)
      else super(...args)
    }
    static now() {
      return now
    }
  }
  performance.now = () => now - start
  globalThis.setTimeout = (fn, ms, ...args) => add(fn, ms, args, null)
  globalThis.setInterval = (fn, ms, ...args) => add(fn, ms, args, Math.max(1, Number(ms) || 0))
  globalThis.clearTimeout = globalThis.clearInterval = (timer) => {
    if (timer instanceof FakeTimer && !timer.dead) {
      timer.dead = true
      heap.noteCancelled()
    }
  }
  return {
    /** Moves to `end`, from one due moment to the next; after each, promises and immediates run. */
    async advance(end) {
      for (;;) {
        const next = heap.nextDeadline()
        if (next > end) break
        now = Math.max(now, next)
        for (let timer = heap.popDue(now); timer !== undefined; timer = heap.popDue(now)) {
          if (timer.every !== null) {
            timer.deadline += timer.every
            heap.push(timer)
          } else timer.dead = false
          timer.fn(...timer.args)
        }
        await new Promise((resolve) => turn(resolve))
      }
      now = end
    },
  }
}

/** The `accelerated` of a contender that lives on the host's timers. */
export const onFakeHost = (load) => async (start, seconds, register) => {
  const host = fakeHost(start)
  const jobs = await load()
  register(jobs)
  const began = process.hrtime.bigint()
  await host.advance(start + seconds * 1000 + 500)
  const elapsed = Number(process.hrtime.bigint() - began) / 1e6
  await jobs.stop()
  return elapsed
}

/** The `session` of such a contender, in real time. */
export const onRealHost = (load) => async (body) => {
  const jobs = await load()
  await body({ ...jobs, wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) })
}
