/**
 * Ratios between the contenders of a point. Contenders that are measured in the same round shared the machine's mood,
 * so a ratio is taken within each round, and the median of these is the result.
 */
import { median, summarize, timesBetter } from './statistics.mjs'

/** @typedef {import('./types.mjs').Row} Row */
/** @typedef {import('./types.mjs').Measure} Measure */

/**
 * How many times better `mine` was than `other` in each round; null where one of them failed or has nothing to divide.
 * @param {Row} mine
 * @param {Row} other
 * @param {string} name of the measure
 * @param {Measure} measure
 * @returns {(number | null)[]}
 */
export function ratiosByRound(mine, other, name, measure) {
  const theirs = other.samples[name] ?? []
  return (mine.samples[name] ?? []).map((value, round) => {
    const rival = theirs[round] ?? null
    return value === null || rival === null || value <= 0 || rival <= 0
      ? null
      : timesBetter(value, rival, measure.better)
  })
}

/**
 * The median of the rounds' ratios.
 * @param {Row | undefined} mine
 * @param {Row | undefined} other
 * @param {string} name
 * @param {Measure} measure
 * @returns {number | undefined} undefined when no round has both
 */
export function ratio(mine, other, name, measure) {
  if (mine === undefined || other === undefined) return undefined
  const values = ratiosByRound(mine, other, name, measure).filter((value) => value !== null)
  return values.length === 0 ? undefined : median(values)
}

/**
 * The best row of a kind by its median.
 * @param {readonly Row[]} rows
 * @param {Row['kind']} kind
 * @param {string} name
 * @param {Measure} measure
 * @returns {Row | undefined}
 */
export function bestOf(rows, kind, name, measure) {
  /** @type {{ row: Row, median: number } | undefined} */
  let best
  for (const row of rows) {
    const summary = row.kind === kind ? summarize(row.samples[name] ?? []) : undefined
    if (summary === undefined) continue
    if (best === undefined || timesBetter(summary.median, best.median, measure.better) > 1)
      best = { row, median: summary.median }
  }
  return best?.row
}
