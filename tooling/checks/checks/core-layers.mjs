// The folders of core's sources are its layers (architecture.mjs): a file imports its own folder and lower ones only.

import { coreLayers } from '../architecture.mjs'
import { importsOf, parse, resolveRelative } from '../syntax.mjs'
import { isSource } from '../workspace.mjs'

const src = 'packages/core/src/'

/** The folder of a file below `src`; empty for the entry points beside the folders. */
const folderOf = (/** @type {string} */ name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '')

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {readonly string[]} [layers] folders, lowest first
 * @returns {string[]}
 */
export function layers({ files }, layers = coreLayers) {
  return [...files].flatMap(([path, text]) => {
    const own = folderOf(path.slice(src.length))
    // The entry points stand above all folders.
    if (!path.startsWith(src) || !isSource(path) || own === '') return []
    if (!layers.includes(own))
      return [`${path}: ${own}/ is no layer; give it a place in tooling/checks/architecture.mjs`]
    return importsOf(parse(path, text)).flatMap(({ specifier, line }) => {
      const target = resolveRelative(path, specifier)?.slice(src.length)
      if (target === undefined) return []
      const layer = layers.indexOf(folderOf(target))
      if (layer >= 0 && layer <= layers.indexOf(own)) return []
      return [`${path}:${line}: ${own}/ may import lower layers only, and ${target} is not lower`]
    })
  })
}
