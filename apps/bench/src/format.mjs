/** Numbers as tables show them. */

/**
 * At most three significant digits, thousands as k and millions as M: 1.23M, 45.6k, 789, 0.12, 0.034.
 * @param {number} value
 */
export function figure(value) {
  const size = Math.abs(value)
  if (size >= 1e6) return `${digits(value / 1e6)}M`
  if (size >= 1e4) return `${digits(value / 1e3)}k`
  return digits(value)
}

/** @param {number} value */
function digits(value) {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  return size >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2)
}

/** @param {{ min: number, max: number }} summary */
export const spread = ({ min, max }) => `${figure(min)}${min < 0 ? ' to ' : '–'}${figure(max)}`

/** @param {number | undefined} value */
export const times = (value) => (value === undefined ? '' : `${digits(value)} ×`)
