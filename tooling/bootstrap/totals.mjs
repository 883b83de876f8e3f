// Turns vitest's JSON report into the one line that ends npm test.

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

/**
 * Reads vitest's JSON report. A test file that could not be loaded counts as one failure, and so do errors outside of
 * any test, which show only in vitest's exit code.
 * @param {() => string} read gives the report; throws when vitest wrote none
 * @param {boolean} succeeded whether vitest ended with code 0
 * @returns {Totals}
 */
export function readTotals(read, succeeded) {
  let report
  try {
    report = JSON.parse(read())
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' && !file.assertionResults.some((/** @type {any} */ t) => t.status === 'failed'),
  ).length
  const failed = report.numFailedTests + brokenFiles
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * The totals as one line; skipped tests are named only when there are some.
 * @param {Totals} totals
 */
export const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
