/** The closed loops: so many clients, each with one call under way. */

/**
 * Milliseconds before and in the window: the JIT settles in the first, two runs differ by a few per cent in the second.
 */
const windows = { warmMs: 600, measureMs: 300 }
const short = { warmMs: 100, measureMs: 120 }

const names = {
  trivial: 'trivial task',
  object: 'small object',
  bytes: '1 MiB',
  block: '64 KiB',
  wait: '10 ms of waiting',
}

/** @param {string} task @param {number} workers @param {number} concurrency */
export const point = (task, workers, concurrency, more = {}) => ({
  label: `${names[task]}, ${workers} worker${workers > 1 ? 's' : ''}, ${concurrency === 1 ? 'one at a time' : `${concurrency} in flight`}`,
  task,
  workers,
  concurrency,
  ...windows,
  ...more,
})

export const quick = (points) => points.map((one) => ({ ...one, ...short }))

/** Picks the points of a goal. */
export const at = (task, workers, concurrency) => (point) =>
  point.task === task && point.workers === workers && point.concurrency === concurrency
