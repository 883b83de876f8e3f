// How much of a package ends up in a user's bundle: minified by esbuild, compressed by gzip at its highest level.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/**
 * @typedef {object} Budget
 * @property {string} what is bundled
 * @property {string} code the program; what it imports of other packages stays outside
 * @property {string} project package whose project it is bundled in
 * @property {number} ceiling in bytes: what was measured when this was written and 3 % for small changes, rounded up to
 *   a hundred; a larger bundle fails
 * @property {number} [promised] in bytes: what the package is meant to stay under; shown when it does not
 */

/** The package of an entry: "@loop/net/streams" is one of "@loop/net". */
const packageOf = (/** @type {string} */ entry) => entry.split('/', 2).join('/')

/**
 * An entry of a package as a whole.
 * @param {string} entry
 * @param {number} ceiling
 * @param {number} [promised]
 * @returns {Budget}
 */
const all = (entry, ceiling, promised) => ({
  what: entry,
  code: `export * from '${entry}'`,
  project: packageOf(entry),
  ceiling,
  ...(promised === undefined ? {} : { promised }),
})

/**
 * One export of a package: shows that it does not bring the rest.
 * @param {string} name
 * @param {string} one
 * @param {number} ceiling
 * @returns {Budget}
 */
const only = (name, one, ceiling) => ({
  what: `${one} of ${name}`,
  code: `export { ${one} } from '${name}'`,
  project: packageOf(name),
  ceiling,
})

/** @type {readonly Budget[]} */
export const budgets = [
  all('@loop/core', 21_700),
  all('@loop/core/lowlevel', 10_500),
  only('@loop/core/lowlevel', 'ReadyQueue', 400),
  only('@loop/core/lowlevel', 'TimerHeap', 1_200),
  only('@loop/core', 'EventLoop', 17_200),
  all('@loop/core/testing', 27_800),
  all('@loop/executor', 66_600),
  only('@loop/executor', 'BrokenExecutorError', 4_300),
  only('@loop/executor', 'ThreadPoolExecutor', 60_900),
  all('@loop/monitor', 10_700),
  all('@loop/net', 18_400),
  only('@loop/net', 'createDatagramEndpoint', 14_300),
  all('@loop/net/streams', 18_900),
  all('@loop/policy', 8_200),
  only('@loop/policy', 'debugLoop', 1_400),
  all('@loop/runtime', 1_200),
  all('@loop/scheduler', 22_800, 12_000),
  only('@loop/scheduler', 'AsyncScheduler', 22_200),
  only('@loop/scheduler', 'periodic', 1_200),
  all('@loop/scheduler/sqlite', 4_600),
  all('@loop/scheduler-pgboss', 6_500),
  all('@loop/selector-native', 10_500),
  all('@loop/selector-poll', 2_800),
  all('@loop/signals', 6_900),
  only('@loop/signals', 'ProcessSignals', 1_100),
  all('@loop/sync', 3_700),
  only('@loop/sync', 'Lock', 1_400),
]

/**
 * The compressed size of a program in bytes.
 * @param {Pick<Budget, 'code' | 'project'>} budget
 * @param {string} folder of the project
 */
export async function sizeOf({ code, project }, folder) {
  const entry = join(folder, 'bundle.mjs')
  writeFileSync(entry, code)
  const outside = (/** @type {import('esbuild').OnResolveArgs} */ { path, kind }) =>
    kind === 'entry-point' || packageOf(path) === project ? undefined : { path, external: true }
  const others = {
    name: 'others',
    setup: (/** @type {import('esbuild').PluginBuild} */ it) => it.onResolve({ filter: /^[^./]/ }, outside),
  }
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [others],
  })
  return gzipSync(/** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents, { level: 9 }).length
}

/** Bytes as a person reads them. */
export const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`

/**
 * One line of the table of sizes.
 * @param {Budget} budget
 * @param {number} size
 */
export function line({ what, ceiling, promised }, size) {
  const promise = promised === undefined ? '' : `, promised ${kilobytes(promised)}${size > promised ? ': NOT MET' : ''}`
  return `${what.padEnd(48)} ${kilobytes(size).padStart(8)}  ceiling ${kilobytes(ceiling)}${promise}`
}
