/** Finds the suites: a package's bench/suite.mjs, and the whole programs of this app. A new one joins by being there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkNames } from '@loop/bench-kit'
import { root } from '../../../tooling/bootstrap/workspace.mjs'

/** @typedef {import('@loop/bench-kit').Suite} Suite */

const folders = () => [
  { folder: join(root, 'apps', 'bench'), file: join(root, 'apps', 'bench', 'programs', 'suite.mjs') },
  ...readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => {
      const folder = join(root, 'packages', name)
      return { folder, file: join(folder, 'bench', 'suite.mjs') }
    }),
]

/** The order of the report; others follow by name. */
const first = ['programs', 'core', 'sync', 'net', 'selector-native', 'executor', 'scheduler']

/**
 * All suites, or those that are named, each with the package that must be built for it.
 * @param {readonly string[]} [names] rejects with UnknownNameError when one of them is not there
 * @returns {Promise<{ suite: Suite, package: string }[]>}
 */
export async function loadSuites(names) {
  const found = await Promise.all(
    folders()
      .filter(({ file }) => existsSync(file))
      .map(async ({ folder, file }) => ({
        suite: /** @type {Suite} */ ((await import(pathToFileURL(file).href)).default),
        package: String(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name),
      })),
  )
  if (names !== undefined)
    checkNames(
      'suite',
      names,
      found.map(({ suite }) => suite.name),
    )
  const place = (/** @type {string} */ name) => (first.includes(name) ? first.indexOf(name) : first.length)
  return found
    .filter(({ suite }) => names?.includes(suite.name) ?? true)
    .sort((a, b) => place(a.suite.name) - place(b.suite.name))
}
