/** How much each scenario does: the defaults, which a point may change. The Python contender gets the same point. */
import { pointGiven } from '@loop/bench-kit/worker'

const {
  calls = 100_000,
  tasks = 10_000,
  futures = 100_000,
  timers = 1_000_000,
  items = 1_000_000,
  times = 10_000,
} = pointGiven()

export const CALLS = calls
export const TASKS = tasks
export const FUTURES = futures
export const TIMERS = timers
export const ITEMS = items
export const TIMES = times

export const nothing = () => {}

/** 1 to 100 seconds: timeouts that are cancelled long before. */
export const longDelays = () => Float64Array.from({ length: TIMERS }, () => 1000 + Math.random() * 99_000)
/** Up to 100 milliseconds: what can be waited for. */
export const shortDelays = () => Float64Array.from({ length: TIMERS }, () => Math.random() * 100)
