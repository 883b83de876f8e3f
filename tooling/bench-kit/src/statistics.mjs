/** The few statistics that results are made of. */

/**
 * The middle of the values; the mean of the two middle ones of an even number; NaN of none.
 * @param {readonly number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [below = NaN, above = NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}

/**
 * The mean of ratios: 2 and 1/2 make 1. NaN of none.
 * @param {readonly number[]} values above zero
 * @returns {number}
 */
export function geometricMean(values) {
  // One value is itself: through the logarithm, 3 would be less than 3, and a goal of 3 missed.
  if (values.length === 1) return values[0] ?? NaN
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/**
 * How many times better a value is than another.
 * @param {number} mine
 * @param {number} other
 * @param {'more' | 'less'} better
 */
export const timesBetter = (mine, other, better) => (better === 'more' ? mine / other : other / mine)

/**
 * Median, least and greatest; undefined of no values.
 * @param {readonly (number | null)[]} samples
 */
export function summarize(samples) {
  const values = measured(samples)
  return values.length === 0
    ? undefined
    : { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** @param {readonly (number | null)[]} samples */
export const measured = (samples) => samples.filter((value) => value !== null)
