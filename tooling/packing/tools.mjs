// Tools that only this check needs, fetched through npm into the git-ignored .tools folder on first use, so that
// installing the workspace stays small.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage } from '../bootstrap/fetch-package.mjs'
import { execute } from '../bootstrap/stage.mjs'
import { root } from '../bootstrap/workspace.mjs'
import { runtimesFor } from '../runtimes/runtimes.mjs'

const folder = join(root, '.tools', 'packing')

/** The oldest Node that is promised, a current one, and Bun; `npm run test:runtimes` has the others. */
export const testedRuntimes = ['node 24', 'node 20', 'bun'].flatMap((wanted) =>
  runtimesFor().filter(({ name }) => name === wanted),
)

/** The compilers users have: the oldest that is promised, the workspace's own, and the newest there was. */
export const compilers = ['5.4.5', '5.9.3', '7.0.2']

/**
 * The folder of an npm package in the cache, fetched unless it is there.
 * @param {string} name
 * @param {string} version
 * @returns {Promise<string>}
 */
export async function tool(name, version) {
  const place = join(folder, `${name.replace('/', '-')}@${version}`)
  if (!existsSync(place)) await fetchPackage(`${name}@${version}`, place)
  return join(place, 'node_modules', name)
}

/**
 * Runs npm, its downloads cached in .tools too.
 * @param {readonly string[]} args
 */
export const npm = (args) =>
  execute('npm', [
    ...args,
    '--cache',
    join(folder, 'npm-cache'),
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])

/** Node's types for the compilers, as a folder of type roots. */
export const nodeTypes = async () => join(await tool('@types/node', '20.19.43'), '..')
