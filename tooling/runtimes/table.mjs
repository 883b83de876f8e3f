// The results as a table: a row for each runtime, a column for each program.

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {boolean} ok
 * @property {string} [problem]
 */

/**
 * @typedef {object} Row
 * @property {string} runtime name and version
 * @property {string} [skipped] why the runtime could not be tried
 * @property {Record<string, readonly Result[]>} results by program
 */

/**
 * Lays out the rows; a cell is "9/9", a skipped runtime says why instead.
 * @param {readonly string[]} programs
 * @param {readonly Row[]} rows
 */
export function table(programs, rows) {
  const lines = rows.map(({ runtime, skipped, results }) => ({
    runtime,
    rest: skipped === undefined ? programs.map((program) => tally(results[program] ?? [])) : [`skipped: ${skipped}`],
  }))
  const first = Math.max(...['runtime', ...lines.map(({ runtime }) => runtime)].map((text) => text.length))
  // Five characters: room for a tally such as "36/36" below a shorter name.
  const format = (/** @type {string} */ runtime, /** @type {readonly string[]} */ rest) =>
    [runtime.padEnd(first), ...rest.map((cell, i) => cell.padEnd(Math.max(5, programs[i]?.length ?? 0)))]
      .join('  ')
      .trimEnd()
  return [format('runtime', programs), ...lines.map(({ runtime, rest }) => format(runtime, rest))].join('\n')
}

const tally = (/** @type {readonly Result[]} */ results) => `${results.filter(({ ok }) => ok).length}/${results.length}`

/**
 * What failed, a line each.
 * @param {readonly Row[]} rows
 */
export const failures = (rows) =>
  rows.flatMap(({ runtime, results }) =>
    Object.values(results).flatMap((list) =>
      list.filter(({ ok }) => !ok).map(({ name, problem }) => `${runtime}: ${name}: ${problem}`),
    ),
  )

/**
 * The totals; a skipped runtime counts as one skipped check.
 * @param {readonly Row[]} rows
 */
export function totals(rows) {
  const all = rows.flatMap(({ results }) => Object.values(results).flat())
  const failed = all.filter(({ ok }) => !ok).length
  return { passed: all.length - failed, failed, skipped: rows.filter(({ skipped }) => skipped !== undefined).length }
}
