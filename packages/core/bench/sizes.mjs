/** How much each scenario does; the Python contender has the same numbers. */
export const CALLS = 100_000
export const TASKS = 10_000
export const FUTURES = 100_000
export const TIMERS = 1_000_000

export const nothing = () => {}

/** 1 to 100 seconds: timeouts that are cancelled long before. */
export const delays = Float64Array.from({ length: TIMERS }, () => 1000 + Math.random() * 99_000)
/** Up to 100 milliseconds: what can be waited for. */
export const shortDelays = Float64Array.from({ length: TIMERS }, () => Math.random() * 100)
