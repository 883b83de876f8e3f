// Core is built in layers (architecture.mjs): a file imports lower layers only, and one file alone names the host's
// timers.

import { coreLayers, coreOutside, hostFile, hostNames } from '../architecture.mjs'
import { importsOf, parse, resolveRelative, usesOf } from '../syntax.mjs'
import { isSource } from '../workspace.mjs'

const src = 'packages/core/src/'

/**
 * The files of core with their path below `src`.
 * @param {import('../workspace.mjs').Workspace} workspace
 */
const coreFiles = ({ files }) =>
  [...files]
    .filter(([path]) => path.startsWith(src) && isSource(path))
    .map(([path, text]) => ({ name: path.slice(src.length), path, text }))

const isOutside = (/** @type {string} */ name) => coreOutside.some((folder) => name.startsWith(folder))

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {readonly (readonly string[])[]} [layers] lowest first
 * @returns {string[]}
 */
export function layers(workspace, layers = coreLayers) {
  const layerOf = new Map(layers.flatMap((names, layer) => names.map((name) => /** @type {const} */ ([name, layer]))))
  const gone = [...layerOf.keys()].filter((name) => !workspace.files.has(src + name))
  const problems = coreFiles(workspace).flatMap(({ name, path, text }) => {
    if (isOutside(name)) return []
    const own = layerOf.get(name)
    if (own === undefined) return [`${path}: not in any layer; give it one in tooling/checks/architecture.mjs`]
    return importsOf(parse(path, text)).flatMap(({ specifier, line }) => {
      const target = resolveRelative(path, specifier)?.slice(src.length)
      if (target === undefined) return []
      const layer = layerOf.get(target)
      if (layer !== undefined && layer < own) return []
      return [
        `${path}:${line}: ${name} may import lower layers only, and ${target} is ${layer === undefined ? 'in none' : 'not lower'}`,
      ]
    })
  })
  return [
    ...problems,
    ...gone.map((name) => `${src}${name}: in a layer, but not there; take it out of tooling/checks/architecture.mjs`),
  ]
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function hostTimers(workspace) {
  const names = new Set(hostNames)
  return coreFiles(workspace)
    .filter(({ name }) => name !== hostFile)
    .flatMap(({ path, text }) =>
      usesOf(parse(path, text), names).map(
        ({ name, line }) => `${path}:${line}: ${name} belongs in ${hostFile}; use the host object`,
      ),
    )
}
