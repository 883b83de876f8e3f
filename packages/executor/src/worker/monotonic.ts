/**
 * A monotonic clock in milliseconds that reads the same in every thread and process of the machine.
 *
 * `performance.now` counts from the start of each thread; `process.hrtime` is the machine's own monotonic clock but
 * costs more to read as a number. So the difference is taken once. Self-contained: its source travels to workers.
 */
export function createMonotonicClock(): () => number {
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  return () => performance.now() + offset
}
