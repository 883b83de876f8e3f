/**
 * Compares a trace of core with CPython's, line by line.
 *
 * One thing is let through: CPython hands the message of a cancelled task to the first who asks and forgets it, so
 * a CancelledError without a message in its trace stands for one with any message. A message it does give must be the
 * same.
 */

/** @param {string} expected @param {string} actual */
function sameLine(expected, actual) {
  if (expected === actual) return true
  if (!expected.includes('CancelledError')) return false
  const pattern = expected
    .replace(/[[\]().*+?^$|\\{}]/g, '\\$&')
    .replace(/CancelledError(?!\\\()/g, 'CancelledError(?:\\([^)]*\\))?')
  return new RegExp(`^${pattern}$`).test(actual)
}

/**
 * The number of the first line that differs, or -1.
 *
 * @param {readonly string[]} expected
 * @param {readonly string[]} actual
 */
export function firstDifference(expected, actual) {
  const length = Math.max(expected.length, actual.length)
  for (let line = 0; line < length; line++) {
    const [want, got] = [expected[line], actual[line]]
    if (want === undefined || got === undefined || !sameLine(want, got)) return line
  }
  return -1
}
