// The exported names of every published package, compared with the list checked in beside it (exports.txt), so that a
// name never appears or disappears by accident. `pnpm check --update` rewrites the lists.

import { facades } from '../architecture.mjs'
import { exportsOf, parse } from '../syntax.mjs'
import { isPublished } from '../workspace.mjs'

/** @typedef {import('../workspace.mjs').Package} Package */
/** @typedef {import('../workspace.mjs').Workspace} Workspace */

/** The file that holds a package's list. */
export const listFile = (/** @type {Package} */ pkg) => `${pkg.folder}/exports.txt`

/**
 * @param {Workspace} workspace
 * @returns {string[]}
 */
export function exportedNames({ files, packages }) {
  return packages.filter(isPublished).flatMap((pkg) => {
    const path = listFile(pkg)
    const list = files.get(path)
    if (list === undefined) return [`${path} is missing (pnpm check --update ${pkg.name} writes it)`]
    const before = new Set(names(list))
    const after = new Set(names(exportList(pkg, files)))
    return [
      ...entryPoints(pkg)
        .filter(({ source }) => !files.has(source))
        .map(({ source }) => `${source} is an entry point but not there`),
      ...[...after]
        .filter((name) => exportsAll(pkg, name))
        .map((name) => `${pkg.folder}: "export *" in ${name}; name what is exported`),
      ...[...after]
        .filter((name) => !before.has(name))
        .map((name) => `${path}: ${name} is exported but not listed${hint(pkg)}`),
      ...[...before]
        .filter((name) => !after.has(name))
        .map((name) => `${path}: ${name} is listed but not exported${hint(pkg)}`),
    ]
  })
}

/**
 * Whether a name stands for all of a module; a facade may pass on whole packages, whose own lists name what they
 * export.
 */
const exportsAll = (/** @type {Package} */ pkg, /** @type {string} */ name) =>
  name.includes(' * of ') && !(facades.includes(pkg.name) && name.includes(' * of @loop/'))

const hint = (/** @type {Package} */ pkg) => ` (pnpm check --update ${pkg.name} if that is meant)`

/**
 * The names of a list, each after its entry point: ". EventLoop".
 * @param {string} list
 */
function names(list) {
  let entry = ''
  return list.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const heading = /^\[(.+)\]$/.exec(line)
    if (!heading) return [`${entry} ${line}`]
    entry = heading[1] ?? ''
    return []
  })
}

/**
 * The list as it should be: one heading for each entry point, values before types.
 * @param {Package} pkg
 * @param {ReadonlyMap<string, string>} files
 */
export function exportList(pkg, files) {
  const isType = (/** @type {string} */ name) => Number(name.startsWith('type '))
  const sections = entryPoints(pkg).map(({ entry, source }) => {
    const found = exportsOf(parse(source, files.get(source) ?? ''))
    const sorted = [...new Set(found)].sort((a, b) => isType(a) - isType(b) || (a < b ? -1 : 1))
    return [`[${entry}]`, ...sorted, ''].join('\n')
  })
  return [
    `# Exported names of ${pkg.json.name}; pnpm check --update ${pkg.name} rewrites this list.`,
    ...sections,
  ].join('\n')
}

/**
 * The entry points in a package's `exports` that are built from TypeScript.
 * @param {Package} pkg
 */
function entryPoints({ folder, json }) {
  return Object.entries(json.exports ?? {}).flatMap(([entry, target]) => {
    const source = target?.['@loop/source']
    return typeof source === 'string' ? [{ entry, source: `${folder}/${source.replace(/^\.\//, '')}` }] : []
  })
}
