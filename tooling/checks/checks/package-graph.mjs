// The package graph: sources import only the packages the graph allows, and package.json declares what they import.

import { isBuiltin } from 'node:module'
import { bundled, packageGraph, withoutDependencies } from '../architecture.mjs'
import { importsOf, packageOf, parse, resolveRelative } from '../syntax.mjs'
import { isSource, isPublished, sourcesOf } from '../workspace.mjs'

const scope = '@loop/'

/** @typedef {import('../workspace.mjs').Package} Package */

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function packages({ files, packages }) {
  return packages.flatMap((pkg) => {
    const sources = new Set(sourcesOf(pkg))
    const problems = declarations(pkg)
    for (const path of pkg.files.filter(isSource)) {
      const shipped = isPublished(pkg) && sources.has(path)
      for (const { specifier, line } of importsOf(parse(path, files.get(path) ?? ''))) {
        const problem = importProblem(pkg, path, specifier, shipped)
        if (problem) problems.push(`${path}:${line}: ${problem}`)
      }
    }
    return problems
  })
}

/**
 * What is wrong with a published package's own list of dependencies.
 * @param {Package} pkg
 * @returns {string[]}
 */
function declarations(pkg) {
  if (pkg.folder !== `packages/${pkg.name}`) return []
  const where = `${pkg.folder}/package.json`
  const allowed = packageGraph[pkg.name]
  if (!allowed) return [`${where}: package "${pkg.name}" is not in the package graph (tooling/checks/architecture.mjs)`]
  const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = pkg.json
  const problems = []
  const installed = Object.keys({ ...dependencies, ...optionalDependencies })
  if (withoutDependencies.includes(pkg.name) && installed.length > 0) {
    problems.push(`${where}: ${pkg.name} has no runtime dependency, but declares ${installed.join(', ')}`)
  }
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
    if (name.startsWith(scope) && !allowed.includes(name.slice(scope.length))) {
      problems.push(`${where}: ${pkg.name} may not depend on ${name}`)
    }
  }
  return problems
}

/**
 * What is wrong with one import, if anything.
 * @param {Package} pkg
 * @param {string} path
 * @param {string} specifier
 * @param {boolean} shipped whether the file is part of what users install
 */
function importProblem(pkg, path, specifier, shipped) {
  const target = resolveRelative(path, specifier)
  if (target !== undefined) {
    const outside = !target.startsWith(`${pkg.folder}/`)
    return shipped && outside ? `${specifier} leaves the package; import it by its name` : undefined
  }
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:')
      ? undefined
      : `write node:${specifier}, so that no package of that name is taken`
  }
  const name = packageOf(specifier)
  if (name === pkg.json.name) return undefined
  if (shipped && name.startsWith(scope) && !packageGraph[pkg.name]?.includes(name.slice(scope.length))) {
    return `${pkg.name} may not import ${name}`
  }
  return declared(pkg, shipped).includes(name)
    ? undefined
    : `${name} is imported but ${pkg.folder}/package.json does not declare it`
}

/** Tools of the whole repository, declared once in the root package.json; tests and configuration may use them. */
const sharedTools = ['vitest', 'tsup', 'typescript', '@types/node']

/**
 * The packages a file may import: what users get for shipped files, development tools too for all others.
 * @param {Package} pkg
 * @param {boolean} shipped
 */
function declared({ name, json }, shipped) {
  const runtime = { ...json.dependencies, ...json.peerDependencies, ...json.optionalDependencies }
  const development = Object.keys(json.devDependencies ?? {})
  if (shipped) return [...Object.keys(runtime), ...development.filter((tool) => bundled[name]?.includes(tool))]
  return [...Object.keys(runtime), ...development, ...sharedTools]
}
