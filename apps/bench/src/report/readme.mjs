/** The README's facts, between two markers. */
import { factSentence } from './fact-sentence.mjs'
import { machineWords } from './machine-words.mjs'

/** @typedef {import('../results.mjs').Results} Results */

const START = '<!-- bench:start: npm run bench rewrites these lines -->'
const END = '<!-- bench:end -->'

/**
 * The README with the facts of these results.
 * @param {string} readme
 * @param {Results} results
 * @returns {string} throws when the markers are missing
 */
export function readmeWith(readme, results) {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) throw new Error(`README.md needs the lines "${START}" and "${END}"`)
  return `${readme.slice(0, start + START.length)}\n${textOf(results)}\n${readme.slice(end)}`
}

/** @param {Results} results */
const textOf = (results) =>
  [
    ...results.facts.map((fact) => `- ${factSentence(fact)}`),
    '',
    machineWords(results),
    'Everything that was measured, also what is slower, is in the [report](apps/bench/results/latest.html).',
  ].join('\n')
