// The results as a table, and what was skipped and why.

import { duration } from '../bootstrap/stage.mjs'

/** @typedef {import('./suites.mjs').Outcome} Outcome */

/**
 * A row for each suite and runtime, as Markdown: it goes into notes and pages.
 * @param {readonly Outcome[]} outcomes
 */
export function table(outcomes) {
  const rows = outcomes.map(({ runtime, suite, passed, skipped, itself, failed, ms }) =>
    [runtime, suite, passed, skipped.length, itself, failed.length, duration(ms)].join(' | '),
  )
  return [
    '| runtime | suite | passed | skipped by name | skipped by the test | failed | time |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

/**
 * A line for each failure, and one for each reason with what was skipped for it.
 * @param {readonly Outcome[]} outcomes
 */
export function details(outcomes) {
  /** @type {Map<string, Set<string>>} */
  const reasons = new Map()
  for (const { skipped } of outcomes)
    for (const { test, reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? new Set()).add(test))
  return [
    ...outcomes.flatMap(({ runtime, suite, failed }) =>
      failed.map(({ test, problem }) => `${runtime}, ${suite}: ${test}: ${problem.split('\n')[0]}`),
    ),
    ...[...reasons].map(([reason, tests]) => `skipped: ${reason}\n${[...tests].map((test) => `  ${test}`).join('\n')}`),
  ]
}

/**
 * The totals of all rows.
 * @param {readonly Outcome[]} outcomes
 */
export function totals(outcomes) {
  const count = (/** @type {(outcome: Outcome) => number} */ of) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0)
  return {
    passed: count(({ passed }) => passed),
    failed: count(({ failed }) => failed.length),
    skipped: count(({ skipped, itself }) => skipped.length + itself),
  }
}
