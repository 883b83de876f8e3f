// No file imports itself by way of others. Type-only imports count too: a circle of types is a circle in the reader's
// head.

import { importsOf, parse, resolveRelative } from '../syntax.mjs'
import { isSource } from '../workspace.mjs'

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]} one problem for each circle
 */
export function circles({ files }) {
  const graph = new Map(
    [...files].filter(([path]) => isSource(path)).map(([path, text]) => [path, targets(path, text)]),
  )
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map()
  /** @type {string[]} */
  const trail = []
  /** @type {string[]} */
  const problems = []
  const visit = (/** @type {string} */ path) => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      problems.push(`import circle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
      return
    }
    state.set(path, 'open')
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
    state.set(path, 'done')
  }
  for (const path of graph.keys()) visit(path)
  return problems
}

/**
 * @param {string} path
 * @param {string} text
 */
const targets = (path, text) =>
  importsOf(parse(path, text)).flatMap(({ specifier }) => resolveRelative(path, specifier) ?? [])
