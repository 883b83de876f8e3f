/** A point's rows as every report shows them: summaries, and ratios to the best peer and to the limit. */
import { bestOf, ratio, relative, summarize } from '@loop/bench-kit'

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

/**
 * What users ask: ours against each peer, over all points of a scenario. Best ratios last, so that what is slow is seen
 * first; nothing where a ratio would mean nothing.
 * @param {ScenarioResult} scenario
 */
export function answersOf(scenario) {
  const name = mainMeasure(scenario)
  const measure = scenario.measures[name]
  if (measure === undefined || measure.ratios === false) return []
  const rows = new Map(scenario.points.flatMap(({ rows }) => rows.map((row) => /** @type {const} */ ([row.name, row]))))
  const ours = [...rows.values()].filter(({ kind }) => kind === 'ours')
  const asked = ours.filter((row, i) => scenario.asked?.includes(row.name) ?? i === 0)
  const others = [...rows.values()].filter(({ kind }) => kind === 'peer' || kind === 'limit')
  return asked.flatMap((mine) => {
    const against = others
      .flatMap((other) => {
        const found = relative(mine.name, other.name, name, measure, scenario.points)
        return found === undefined ? [] : [{ title: other.title, kind: other.kind, ...found }]
      })
      .sort((a, b) => a.value - b.value)
    return against.length === 0 ? [] : [{ title: mine.title, measure: measure.title, against }]
  })
}
