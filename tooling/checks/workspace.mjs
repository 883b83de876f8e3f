// The repository as the checks see it: relative path → text, and the packages found in it. Tests build one from a
// literal.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Package
 * @property {string} folder such as "packages/core"
 * @property {string} name the folder's own name, such as "core"
 * @property {Record<string, any>} json its package.json
 * @property {string[]} files its files, relative to the root
 */

/**
 * @typedef {object} Workspace
 * @property {ReadonlyMap<string, string>} files
 * @property {readonly Package[]} packages
 */

/** Made by tools, never written by hand, and git-ignored. */
const generated = new Set([
  'node_modules',
  'release',
  'dist',
  'build',
  'coverage',
  '.git',
  '.tools',
  '.turbo',
  'docs/api',
])

/**
 * Reads all text files below a folder.
 * @param {string} root
 * @returns {Workspace}
 */
export function readWorkspace(root) {
  /** @type {Record<string, string>} */
  const files = {}
  const visit = (/** @type {string} */ folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!generated.has(entry.name) && !generated.has(path)) visit(path)
      } else if (entry.isFile() && !entry.name.endsWith('.log')) {
        const text = readFileSync(join(root, path), 'utf8')
        // A NUL character marks binaries, which no check reads.
        if (!text.includes('\0')) files[path] = text
      }
    }
  }
  visit('')
  return workspaceOf(files)
}

/**
 * Makes a workspace of path → text.
 * @param {Record<string, string>} files
 * @returns {Workspace}
 */
export function workspaceOf(files) {
  const paths = Object.keys(files).sort()
  const packages = paths.flatMap((path) => {
    const folder = /^((?:packages|apps|tooling)\/([^/]+)|examples)\/package\.json$/.exec(path)
    if (!folder) return []
    const [, where = '', name = where] = folder
    const own = paths.filter((other) => other.startsWith(`${where}/`))
    return [{ folder: where, name, json: JSON.parse(files[path] ?? '{}'), files: own }]
  })
  return { files: new Map(paths.map((path) => [path, files[path] ?? ''])), packages }
}

/** @param {string} path */
export const isSource = (path) => /\.(ts|mts|mjs|js)$/.test(path) && !path.endsWith('.d.ts')

/**
 * The source files of a package's `src` folder.
 * @param {Package} pkg
 */
export const sourcesOf = (pkg) => pkg.files.filter((path) => path.startsWith(`${pkg.folder}/src/`) && isSource(path))

/** @param {Package} pkg */
export const isPublished = (pkg) => pkg.json.private !== true
