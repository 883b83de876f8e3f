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

/**
 * Core's layers, lowest first: a file imports files of lower layers only. Files of one layer do not know each other.
 * @type {readonly (readonly string[])[]}
 */
export const coreLayers = [
  // What packages promise each other.
  ['stream-tls.ts'],
  ['stream-io.ts'],
  ['contracts.ts'],
  // Parts that know nothing of a loop.
  [
    'errors.ts',
    'host.ts',
    'drain.ts',
    'ready-queue.ts',
    'timer-heap.ts',
    'task-list.ts',
    'open-promise.ts',
    'inspection.ts',
    'describe.ts',
    'function-kind.ts',
  ],
  [
    'awaitable.ts',
    'clock.ts',
    'host-selector.ts',
    'loop-options.ts',
    'report.ts',
    'scope.ts',
    'unseen-failures.ts',
    'signal-listeners.ts',
  ],
  ['arguments.ts', 'exception-reports.ts'],
  // What a loop is at a moment, and what works on it.
  ['state.ts'],
  ['running.ts', 'handle.ts', 'turn.ts', 'future-iterator.ts'],
  ['cancel-message.ts'],
  ['future.ts', 'io-registry.ts', 'observed-turn.ts'],
  ['cancellable-task.ts', 'driver.ts', 'joining.ts', 'reusable-wait.ts', 'sleep.ts', 'slow-callbacks.ts', 'wrap.ts'],
  ['arrivals.ts', 'task.ts', 'coroutine.ts', 'wrap-promise.ts'],
  ['describe-runnable.ts', 'describe-task.ts', 'ensure-future.ts', 'tasks.ts', 'executor-slot.ts', 'timeout.ts'],
  ['wait.ts'],
  // What people call.
  ['loop.ts', 'gather.ts', 'shield.ts', 'as-completed.ts', 'wait-for.ts', 'task-group.ts'],
  ['run.ts'],
  ['index.ts'],
]

/** Folders of core that stand above all layers: they import any file, and no layer imports them. */
export const coreOutside = ['testing/']

/** The only file of core that names the host's timers. */
export const hostFile = 'host.ts'

/** Names of the host's timers; every other file of core reaches them through the host object. */
export const hostNames = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'nextTick',
]

/** A source file longer than this opens with a comment that says "Long because ...". */
export const longFile = 400
