/** Numbers as tables show them. */

/**
 * Three significant digits, thousands as k and millions as M: 1.23M, 45.6k, 789, 0.123.
 * @param {number} value
 */
export function figure(value) {
  const size = Math.abs(value)
  if (size >= 1e6) return `${digits(value / 1e6)}M`
  if (size >= 1e4) return `${digits(value / 1e3)}k`
  return digits(value)
}

/** @param {number} value */
const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2))

/** @param {{ min: number, max: number }} summary */
export const spread = ({ min, max }) => `${figure(min)}–${figure(max)}`

/** @param {number | undefined} value */
export const times = (value) => (value === undefined ? '' : `${digits(value)} ×`)
