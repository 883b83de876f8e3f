// LICENSES.md: what users of the published packages install with them, or get inside of them, and under which licence.
// Only licences that ask for no more than a notice are taken.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundled } from '../architecture.mjs'
import { isPublished } from '../workspace.mjs'

/** Licences as package.json writes them (SPDX). */
const taken = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', '(MIT OR CC0-1.0)']

export const licenceFile = 'LICENSES.md'

/** @typedef {{ name: string, version: string, license: string, users: Set<string> }} Used */

/**
 * A package as Node finds it from a folder; undefined when it is not installed, as an optional one may be.
 * @param {string} from
 * @param {string} name
 */
function find(from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name)
    if (existsSync(join(place, 'package.json'))) return realpathSync(place)
    if (dirname(folder) === folder) return undefined
  }
}

/**
 * Everything that the published packages bring, by name and version.
 * @param {string} root
 * @param {import('../workspace.mjs').Workspace} workspace
 */
export function thirdParties(root, { packages }) {
  /** @type {Map<string, Used>} */
  const all = new Map()
  const visit = (/** @type {string} */ from, /** @type {string} */ name, /** @type {string} */ user) => {
    const folder = name.startsWith('@loop/') ? undefined : find(from, name)
    if (folder === undefined) return
    const { version, license = 'none', ...json } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const key = `${name}@${version}`
    const used = all.get(key) ?? { name, version, license, users: new Set() }
    if (used.users.has(user)) return
    used.users.add(user)
    all.set(key, used)
    for (const next of Object.keys({ ...json.dependencies, ...json.optionalDependencies })) visit(folder, next, user)
  }
  for (const { name, folder, json } of packages.filter(isPublished)) {
    const direct = { ...json.dependencies, ...json.optionalDependencies }
    for (const next of [...Object.keys(direct), ...(bundled[name] ?? [])]) visit(join(root, folder), next, json.name)
  }
  return [...all.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
}

/**
 * The list as it should be.
 * @param {readonly Used[]} used
 */
export const licenceList = (used) =>
  [
    '# Licences',
    '',
    'The packages of this repository are under the MIT licence ([LICENSE](LICENSE)). What their users install with them, or get inside of',
    'them, is below; `npm run check -- --update` writes the list.',
    '',
    '| package | version | licence | comes with |',
    '| --- | --- | --- | --- |',
    ...used.map(
      ({ name, version, license, users }) => `| ${name} | ${version} | ${license} | ${[...users].join(', ')} |`,
    ),
    '',
  ].join('\n')

/**
 * @param {string} root
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function licences(root, workspace) {
  const used = thirdParties(root, workspace)
  return [
    ...used
      .filter(({ license }) => !taken.includes(license))
      .map(({ name, version, license, users }) => `${[...users]}: ${name} ${version} is under ${license}`),
    ...(workspace.files.get(licenceFile) === licenceList(used)
      ? []
      : [`${licenceFile} is out of date (npm run check -- --update)`]),
  ]
}
