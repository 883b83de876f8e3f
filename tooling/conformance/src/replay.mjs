/** Runs recorded programs on a core and tells which of them differ from CPython's traces. */
import { firstDifference } from './compare.mjs'
import { runProgram } from './run.mjs'

/** @typedef {import('./report.mjs').Difference} Difference */

/**
 * @param {import('./run.mjs').Subject} subject
 * @param {readonly import('./corpus.mjs').Case[]} cases
 * @param {import('./print-javascript.mjs').Form} form
 * @returns {Promise<Difference[]>}
 */
export async function replay(subject, cases, form) {
  const differences = []
  for (const { program, expected } of cases) {
    const actual = await runProgram(subject, program, form)
    if (firstDifference(expected, actual) !== -1) differences.push({ program, form, expected, actual })
  }
  return differences
}
