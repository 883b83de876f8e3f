/** The README's table: the goals that say most, between two markers. */
import { figure } from '../format.mjs'
import { tally } from '../terminal.mjs'
import { machineWords } from './machine-words.mjs'

/** @typedef {import('../results.mjs').Results} Results */

const START = '<!-- bench:start: npm run bench rewrites this table -->'
const END = '<!-- bench:end -->'

/**
 * The README with the table of these results.
 * @param {string} readme
 * @param {Results} results
 * @returns {string} throws when the markers are missing
 */
export function readmeWith(readme, results) {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) throw new Error(`README.md needs the lines "${START}" and "${END}"`)
  return `${readme.slice(0, start + START.length)}\n${tableOf(results)}\n${readme.slice(end)}`
}

/** @param {Results} results */
function tableOf(results) {
  const rows = results.goals
    .filter(({ headline }) => headline)
    .map(
      ({ what, against, measured, unit, goal, verdict }) =>
        `| ${what} | ${against} | ${measured === null ? '' : `${figure(measured)} ${unit}`} | ${goal} | ${verdict} |`,
    )
  return [
    machineWords(results),
    '',
    '| what | against | measured | goal | |',
    '| --- | --- | ---: | ---: | --- |',
    ...rows,
    '',
    `Ratios say how many times better Loop is. ${tally(results.goals)}; all of them, with charts, are in the`,
    '[report](apps/bench/results/latest.html).',
  ].join('\n')
}
