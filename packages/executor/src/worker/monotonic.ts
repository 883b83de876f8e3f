import { now } from './intrinsics.ts'

/**
 * A monotonic clock in milliseconds that reads the same in every thread and process of the machine.
 *
 * `performance.now` counts from the start of each thread; `process.hrtime` is the machine's own monotonic clock but
 * costs more to read as a number. So the difference is taken once.
 */
export function createMonotonicClock(): () => number {
  const offset = Number(process.hrtime.bigint()) / 1e6 - now()
  return () => now() + offset
}
