/**
 * Leads imports of this project's packages to another checkout, so that this revision's benchmark measures that one's
 * packages. A package may import itself by its name, so resolving from within it needs no installation.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

let root = ''

/** @param {{ root: string }} data */
export function initialize(data) {
  root = data.root
}

/**
 * @param {string} specifier
 * @param {{ parentURL?: string }} context
 * @param {(specifier: string, context: { parentURL?: string }) => unknown} next
 */
export function resolve(specifier, context, next) {
  const name = /^@loop\/([\w-]+)/.exec(specifier)?.[1]
  if (name === undefined || name === 'bench-kit') return next(specifier, context)
  return next(specifier, { ...context, parentURL: pathToFileURL(join(root, 'packages', name, 'package.json')).href })
}
