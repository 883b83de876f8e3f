/** A point's rows as every report shows them: summaries, and ratios to the best peer and to the limit. */
import { bestOf, ratio, summarize } from '@loop/bench-kit'

/** @typedef {import('@loop/bench-kit').ScenarioResult} ScenarioResult */
/** @typedef {import('@loop/bench-kit').PointResult} PointResult */

/** @param {ScenarioResult} scenario */
export const mainMeasure = ({ measures }) => Object.keys(measures)[0] ?? ''

/**
 * @param {ScenarioResult} scenario
 * @param {PointResult} point
 * @param {string} name of the measure
 */
export function viewOf(scenario, { rows }, name) {
  const measure = scenario.measures[name]
  if (measure === undefined) throw new Error(`${scenario.name} has no measure ${name}`)
  const best = bestOf(rows, 'peer', name, measure)
  const limit = bestOf(rows, 'limit', name, measure)
  const compared = measure.ratios !== false
  return {
    measure,
    best: best?.title,
    limit: limit?.title,
    rows: rows.map((row) => ({
      name: row.name,
      title: row.title,
      kind: row.kind,
      summary: summarize(row.samples[name] ?? []),
      toBest: compared && row !== best ? ratio(row, best, name, measure) : undefined,
      toLimit: compared && row !== limit ? ratio(row, limit, name, measure) : undefined,
      problem: row.missing ?? row.failures[0],
    })),
  }
}

/**
 * Whether any contender knows a measure.
 * @param {ScenarioResult} scenario
 * @param {string} name
 */
export const isKnown = (scenario, name) =>
  scenario.points.some(({ rows }) => rows.some(({ samples }) => (samples[name] ?? []).some((value) => value !== null)))
