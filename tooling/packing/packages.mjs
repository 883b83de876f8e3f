// The published packages, and packing them.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from '../bootstrap/stage.mjs'
import { readJson, root, workspaceFolders } from '../bootstrap/workspace.mjs'

/**
 * @typedef {object} Package
 * @property {string} name such as "@loop/core"
 * @property {string} folder absolute
 * @property {string[]} needs the packages of this workspace that must be installed beside it, in order of name
 * @property {string[]} entries what is imported, such as "@loop/core/testing"
 * @property {number[]} since the oldest Node it runs on, as [major, minor]
 */

/**
 * @typedef {object} Tarball
 * @property {string} file absolute path
 * @property {string[]} contents paths of the files in it
 * @property {Record<string, any>} manifest its package.json
 */

/**
 * The packages that are published.
 * @param {string} [from] root folder
 * @returns {Package[]}
 */
export function publishedPackages(from = root) {
  const all = workspaceFolders(from).map((folder) => ({
    folder: join(from, folder),
    json: readJson(join(from, folder, 'package.json')),
  }))
  const published = all.filter(({ json }) => json.private !== true)
  const manifests = new Map(published.map(({ json }) => [json.name, json]))
  return published.map(({ folder, json }) => ({
    name: json.name,
    folder,
    needs: neighbours(json.name, manifests),
    entries: Object.keys(json.exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => json.name + entry.slice(1)),
    since: json.engines.node.match(/\d+/g).map(Number),
  }))
}

/**
 * The packages of the workspace that one needs at run time, directly or through another.
 * @param {string} name
 * @param {ReadonlyMap<string, Record<string, any>>} manifests
 * @returns {string[]}
 */
function neighbours(name, manifests) {
  const found = new Set([name])
  // A set hands out what is added while it is walked.
  for (const each of found) {
    const { dependencies, peerDependencies } = manifests.get(each) ?? {}
    for (const needed of Object.keys({ ...dependencies, ...peerDependencies }))
      if (manifests.has(needed)) found.add(needed)
  }
  found.delete(name)
  return [...found].sort()
}

/**
 * Whether a package promises to run on a runtime; what is no Node counts as new.
 * @param {Package} pkg
 * @param {{ name: string, version: string }} runtime
 */
export function runsOn({ since: [major = 0, minor = 0] }, { name, version }) {
  const [here = 0, hereMinor = 0] = version.split('.').map(Number)
  return !name.startsWith('node') || here > major || (here === major && hereMinor >= minor)
}

/**
 * Packs a package as `pnpm publish` would.
 * @param {Pick<Package, 'name' | 'folder'>} pkg
 * @param {string} destination folder for the tarball
 * @returns {Promise<Tarball>}
 */
export async function pack({ name, folder }, destination) {
  if (!existsSync(join(folder, 'dist'))) throw new Error(`${name} is not built: npm run build`)
  mkdirSync(destination, { recursive: true })
  const output = await execute('pnpm', ['--dir', folder, 'pack', '--json', '--pack-destination', destination])
  // Warnings of npm, which pnpm asks for its configuration, come after the JSON or before it.
  const { filename } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1))
  // pnpm's own list of files lacks the licence that it adds from the root folder.
  const list = await execute('tar', ['-tzf', filename])
  const manifest = JSON.parse(await execute('tar', ['-xzOf', filename, 'package/package.json']))
  return {
    file: filename,
    contents: list
      .trim()
      .split(/\r?\n/)
      .map((path) => path.replace(/^package\//, '')),
    manifest,
  }
}
