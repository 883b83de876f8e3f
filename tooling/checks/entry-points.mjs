// What users import of a package: the entry points of its `exports` that are built from TypeScript.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportsOf, parse } from './syntax.mjs'

/**
 * @typedef {object} EntryPoint
 * @property {string} entry as in `exports`: "." or "./streams"
 * @property {string} source its file below the package's folder: "src/streams/index.ts"
 */

/**
 * The entry points of a package.
 * @param {Record<string, any>} json its package.json
 * @returns {EntryPoint[]}
 */
export const entryPoints = (json) =>
  Object.entries(json.exports ?? {}).flatMap(([entry, target]) => {
    const source = target?.['@loop/source']
    return typeof source === 'string' ? [{ entry, source: source.replace(/^\.\//, '') }] : []
  })

/**
 * The names that each entry point of a package exports. All of another package, as a facade has them, has no names here.
 * @param {string} folder of the package
 */
export const exportsOfPackage = (folder) =>
  entryPoints(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).map(({ entry, source }) => ({
    entry,
    names: [...new Set(exportsOf(parse(source, readFileSync(join(folder, source), 'utf8'))))],
  }))
