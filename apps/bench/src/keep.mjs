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
 * @param {Results} results
 * @returns {string[]} the files, relative to the repository
 */
export function keep(results) {
  mkdirSync(folder, { recursive: true })
  const names = results.complete
    ? [`${results.started.slice(0, 10)}.json`, 'latest.json', 'latest.html']
    : ['partial.json', 'partial.html']
  for (const name of names) writeFileSync(inFolder(name), name.endsWith('.html') ? htmlOf(results) : toJson(results))
  const files = names.map((name) => `apps/bench/results/${name}`)
  if (!results.complete) return files
  writeFileSync(readme, readmeWith(readFileSync(readme, 'utf8'), results))
  return [...files, 'README.md']
}
