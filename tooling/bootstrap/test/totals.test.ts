import { expect, test } from 'vitest'
import { duration } from '../stage.mjs'
import { readTotals, summary } from '../totals.mjs'

const report =
  (numbers: object, ...files: object[]) =>
  () =>
    JSON.stringify({
      numPassedTests: 0,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: files,
      ...numbers,
    })

test('passed, failed and skipped tests are those of the report; a test to be written is a skipped one', () => {
  const totals = readTotals(
    report({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 }),
    false,
  )
  expect(totals).toEqual({ passed: 5, failed: 2, skipped: 4 })
})

test('a test file that could not be loaded is a failure', () => {
  const totals = readTotals(
    report(
      { numPassedTests: 5, numFailedTests: 1 },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'failed', assertionResults: [] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ),
    false,
  )
  expect(totals.failed).toBe(2)
})

test('an error outside of all tests is a failure, and so is a missing report', () => {
  expect(readTotals(report({ numPassedTests: 5 }), false)).toEqual({ passed: 5, failed: 1, skipped: 0 })
  const missing = () => {
    throw new Error('no such file')
  }
  expect(readTotals(missing, true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('the last line names skipped tests only when there are some', () => {
  expect(summary({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
  expect(summary({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped')
})

test('durations read as people say them', () => {
  expect([40, 1234, 59_900, 72_000].map(duration)).toEqual(['0.0 s', '1.2 s', '59.9 s', '1 min 12 s'])
})
