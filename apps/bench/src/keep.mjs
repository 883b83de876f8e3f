/** Writes results where they are kept: a complete run is the state of the project, any other one is only looked at. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../tooling/bootstrap/workspace.mjs'
import { htmlOf } from './report/html.mjs'
import { readmeWith } from './report/readme.mjs'
import { toJson } from './results.mjs'

/** @typedef {import('./results.mjs').Results} Results */

const folder = join(root, 'apps', 'bench', 'results')
const inFolder = (/** @type {string} */ name) => join(folder, name)
const readme = join(root, 'README.md')

/** The results of the last complete run. */
export const latest = inFolder('latest.json')

/**
 * Why a complete run does not become the state of the project; undefined where it does.
 * @param {Results} results
 * @param {boolean} forced
 */
export const refusal = ({ complete, load }, forced) =>
  complete && load?.busy === true && !forced
    ? 'the machine was busy, so it does not become the state of the project (--force makes it so)'
    : undefined

/**
 * @param {Results} results
 * @param {boolean} [forced] although the machine was busy
 * @returns {string[]} the files, relative to the repository
 */
export function keep(results, forced = false) {
  const state = results.complete && refusal(results, forced) === undefined
  mkdirSync(folder, { recursive: true })
  const names = state
    ? [`${results.started.slice(0, 10)}.json`, 'latest.json', 'latest.html']
    : ['partial.json', 'partial.html']
  for (const name of names) writeFileSync(inFolder(name), name.endsWith('.html') ? htmlOf(results) : toJson(results))
  const files = names.map((name) => `apps/bench/results/${name}`)
  if (!state) return files
  writeFileSync(readme, readmeWith(readFileSync(readme, 'utf8'), results))
  return [...files, 'README.md']
}
