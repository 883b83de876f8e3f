// The rules for imports, made of the data in architecture.mjs: no circles, the package graph, core's layers, and nothing
// that package.json does not declare. The name of a rule says what holds; the check prints it for each import against it.

import { bundled, coreLayers, packageGraph } from './architecture.mjs'

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

/** The name of the rule against circles. */
export const circle = 'no import circle'

/** The name of the rule for files of core. */
export const inSomeLayer = 'a file of core is in one of its layers'

const core = '^packages/core/src/'

/**
 * A part of a path as a regular expression.
 * @param {string} text
 */
const exactly = (text) => text.replaceAll('.', '\\.')

/** @param {readonly string[]} parts */
const either = (parts) => `(?:${parts.map(exactly).join('|')})`

/** A layer imports no higher one. @type {Rule[]} */
const layers = coreLayers.slice(0, -1).map((layer, i) => ({
  name: `${layer} of core imports lower layers only`,
  severity: 'error',
  from: { path: core + exactly(layer) },
  to: { path: core + either(coreLayers.slice(i + 1)) },
}))

/** Where a package is found: by its name, in the importing package's node_modules. @param {string} name */
const inModules = (name) => `(?:^|/)node_modules/@loop/${name}/`

/** A package imports what its arrows allow. @type {Rule[]} */
const graph = Object.entries(packageGraph).map(([name, allowed]) => ({
  name: `${name} imports ${allowed.length === 0 ? 'no other package' : `${allowed.join(', ')} only`}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: {
    path: inModules('[^/]+'),
    ...(allowed.length === 0 ? {} : { pathNot: inModules(either(allowed)) }),
  },
}))

/** What users do not get is not imported by what they get, except where the build puts it in. @type {Rule[]} */
const development = Object.keys(packageGraph).map((name) => ({
  name: 'what users get imports no development dependency',
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: {
    dependencyTypes: ['npm-dev'],
    dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
    ...(bundled[name] === undefined ? {} : { pathNot: `(?:^|/)node_modules/${either(bundled[name])}/` }),
  },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: circle, severity: 'error', from: {}, to: { circular: true } },
    ...layers,
    { name: inSomeLayer, severity: 'error', from: {}, to: { path: core, pathNot: core + either(coreLayers) } },
    ...graph,
    {
      name: 'what is outside of the package is imported by its name',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^(?:packages|apps|tooling|examples)/', pathNot: '^packages/$1/' },
    },
    ...development,
    {
      name: 'package.json declares what is imported',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'what is imported is installed', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Types count: a circle of types is a circle in the reader's head.
    tsPreCompilationDeps: true,
    // Tools such as vitest are declared once, in the root.
    combinedDependencies: true,
    // A package is known by the name under which it is imported, not by where its link leads.
    preserveSymlinks: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:dist|build|coverage|results|\\.turbo|\\.tools)/' },
    enhancedResolveOptions: {
      conditionNames: ['@loop/source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
