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
 * Lays out the rows; a cell is "9/9", a skipped runtime says why.
 * @param {readonly string[]} programs
 * @param {readonly Row[]} rows
 */
export function table(programs, rows) {
  const header = ['runtime', ...programs]
  const cells = rows.map(({ runtime, skipped, results }) =>
    skipped === undefined ? [runtime, ...programs.map((program) => tally(results[program] ?? []))] : [runtime, `skipped: ${skipped}`],
  )
  const widths = header.map((title, i) =>
    Math.max(title.length, ...cells.filter((row) => row.length === header.length).map((row) => row[i]?.length ?? 0), i === 0 ? longest(cells) : 0),
  )
  return [header, ...cells].map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n')
}

const tally = (/** @type {readonly Result[]} */ results) => `${results.filter(({ ok }) => ok).length}/${results.length}`
const longest = (/** @type {readonly (readonly string[])[]} */ cells) => Math.max(...cells.map((row) => row[0]?.length ?? 0))

/**
 * What failed, a line each.
 * @param {readonly Row[]} rows
 */
export const failures = (rows) =>
  rows.flatMap(({ runtime, results }) =>
    Object.values(results).flatMap((list) => list.filter(({ ok }) => !ok).map(({ name, problem }) => `${runtime}: ${name}: ${problem}`)),
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
