// The shape of the repository as data: which package may import which, core's layers, and what goes where.
// The checks only compare the code with this file.

/** Packages that build on core alone and never import each other. */
const onCore = [
  'selector-poll',
  'selector-native',
  'executor',
  'signals',
  'policy',
  'scheduler',
  'sync',
  'net',
  'monitor',
]

/**
 * Package → the packages its sources may import. Apps and tooling may import every package.
 * @type {Record<string, readonly string[]>}
 */
export const packageGraph = {
  core: [],
  ...Object.fromEntries(onCore.map((name) => [name, ['core']])),
  // An adapter for one kind of job store.
  'scheduler-pgboss': ['core', 'scheduler'],
  runtime: ['core', ...onCore],
}

/** Packages whose only content is other packages: they may export all of one. */
export const facades = ['runtime']

/** Packages that run without any installed dependency except the peer core. */
export const withoutDependencies = ['core', 'selector-poll', 'signals', 'policy', 'sync', 'monitor']

/**
 * Development dependencies that the build puts into a package (tsup's `noExternal`), so that users install nothing.
 * @type {Record<string, readonly string[]>}
 */
export const bundled = { executor: ['acorn'] }

/** Core's layers are its folders, lowest first: a file imports its own folder and lower ones. */
export const coreLayers = ['contracts', 'base', 'host', 'turn', 'task', 'combine', 'inspect', 'loop', 'testing']

/** A source file longer than this opens with a comment that says "Long because ...". */
export const longFile = 400
