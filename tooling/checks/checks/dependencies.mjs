// Imports, judged by dependency-cruiser (the rules are in dependency-cruiser.mjs), and what package.json asks for.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import { packageGraph, withoutDependencies } from '../architecture.mjs'
import configuration, { circle, inSomeLayer } from '../dependency-cruiser.mjs'
import { isPublished } from '../workspace.mjs'

const folders = ['packages', 'apps', 'tooling', 'examples']

/**
 * What is wrong with the imports of a repository.
 * @param {string} root its folder
 * @returns {Promise<string[]>} one problem for each circle and each import
 */
export async function imports(root) {
  const { options, ...ruleSet } = configuration
  const there = folders.filter((folder) => existsSync(join(root, folder)))
  const { output } = await cruise(there, { ...options, baseDir: root, ruleSet, validate: true })
  if (typeof output === 'string') throw new Error(output)
  const isCircle = (/** @type {Violation} */ { rule }) => rule.name === circle
  const { violations } = output.summary
  const circles = [...new Set(violations.filter(isCircle).map(circleOf))].sort((a, b) => a.length - b.length)
  // One wrong import can close hundreds; the shortest ones show which.
  const more = circles.length > shownCircles ? [`${circles.length - shownCircles} more import circles`] : []
  return [
    ...new Set(
      violations
        .filter((it) => !isCircle(it))
        .map(problemOf)
        .sort(),
    ),
    ...circles.slice(0, shownCircles),
    ...more,
  ]
}

const shownCircles = 5

/** @typedef {import('dependency-cruiser').IViolation} Violation */

/** @param {Violation} violation */
const problemOf = ({ rule, from, to }) =>
  rule.name === inSomeLayer ? `${to}: ${inSomeLayer}` : `${from} imports ${to}: ${rule.name}`

/**
 * A circle, begun at the same file whichever file of it was reported.
 * @param {Violation} violation
 */
function circleOf({ cycle = [] }) {
  const names = cycle.map(({ name }) => name)
  const first = names.indexOf([...names].sort()[0] ?? '')
  const whole = [...names.slice(first), ...names.slice(0, first)]
  return `import circle: ${[...whole, whole[0]].join(' → ')}`
}

const scope = '@loop/'

/**
 * What is wrong with the dependencies that published packages declare.
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export const declarations = ({ packages }) => packages.filter(isPublished).flatMap(declarationsOf)

/** @param {import('../workspace.mjs').Package} pkg */
function declarationsOf({ name, folder, json }) {
  const where = `${folder}/package.json`
  const allowed = packageGraph[name]
  if (!allowed) return [`${where}: package "${name}" is not in the package graph (tooling/checks/architecture.mjs)`]
  const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = json
  const installed = Object.keys({ ...dependencies, ...optionalDependencies })
  const against = [...installed, ...Object.keys(peerDependencies)].filter(
    (other) => other.startsWith(scope) && !allowed.includes(other.slice(scope.length)),
  )
  return [
    ...(withoutDependencies.includes(name) && installed.length > 0
      ? [`${where}: ${name} has no runtime dependency, but declares ${installed.join(', ')}`]
      : []),
    ...against.map((other) => `${where}: ${name} may not depend on ${other}`),
  ]
}
