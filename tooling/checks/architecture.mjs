// The shape of the repository as data: which package may import which, core's layers, and what goes where.
// dependency-cruiser.mjs makes rules of it.

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
  // What stands beside the loop: no program has it at run time.
  create: [],
  'eslint-plugin': [],
  ...Object.fromEntries(onCore.map((name) => [name, ['core']])),
  // A process is spoken to through pipes: net's protocols, transports and streams, of which there is to be one kind.
  process: ['core', 'net'],
  // An adapter for one kind of job store.
  'scheduler-pgboss': ['core', 'scheduler'],
  // Hosts, networks and disks that fail on purpose: the loops of policy, behind the contracts of net and scheduler.
  simulation: ['core', 'policy', 'net', 'scheduler'],
  runtime: ['core', ...onCore, 'process'],
}

/** Packages that run without any installed dependency except the peer core. */
export const withoutDependencies = [
  'core',
  'selector-poll',
  'signals',
  'policy',
  'sync',
  'monitor',
  'process',
  'create',
]

/**
 * Development dependencies that the build puts into a package (tsup's `noExternal`), so that users install nothing.
 * @type {Record<string, readonly string[]>}
 */
export const bundled = { executor: ['acorn'] }

/**
 * Core's layers, lowest first: a file imports files of its own layer and of lower ones. Every file of core is in one.
 * The tests' tools stand above what people import.
 */
export const coreLayers = [
  'contracts/',
  'base/',
  'host/',
  'turn/',
  'task/',
  'combine/',
  'inspect/',
  'loop/',
  'index.ts',
  'lowlevel.ts',
  'testing/',
]

/** A source file longer than this opens with a comment that says "Long because ...". */
export const longFile = 400
