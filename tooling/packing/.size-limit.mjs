// What a package adds to a user's bundle, measured by size-limit: minified by esbuild, compressed by gzip. What it imports
// of other packages stays outside. `npm run sizes` prints the table.
//
// A limit is what was measured when it was written and 3 % for small changes, rounded up to a hundred bytes.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The built file of an entry point: "@loop/net/streams" → packages/net/dist/streams/index.js.
 * @param {string} entry
 */
function builtFile(entry) {
  const [, name = '', ...rest] = entry.split('/')
  const folder = new URL(`../../packages/${name}/`, import.meta.url)
  const { exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
  return fileURLToPath(new URL(exports[['.', ...rest].join('/')].default, folder))
}

/** As for a program on Node. @param {object} options esbuild's */
const modifyEsbuildConfig = (options) => ({
  ...options,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
})

/**
 * An entry point as a whole.
 * @param {string} entry
 * @param {number} limit in bytes
 */
const all = (entry, limit) => ({
  name: entry,
  path: builtFile(entry),
  import: '*',
  gzip: true,
  limit: `${limit} B`,
  modifyEsbuildConfig,
})

/**
 * One export of a package: shows that it does not bring the rest.
 * @param {string} entry
 * @param {string} one
 * @param {number} limit in bytes
 */
const only = (entry, one, limit) => ({ ...all(entry, limit), name: `${one} of ${entry}`, import: `{ ${one} }` })

export default [
  all('@loop/core', 21_700),
  all('@loop/core/lowlevel', 10_500),
  only('@loop/core/lowlevel', 'ReadyQueue', 400),
  only('@loop/core/lowlevel', 'TimerHeap', 1_200),
  only('@loop/core', 'EventLoop', 17_200),
  all('@loop/core/testing', 31_000),
  all('@loop/executor', 81_200),
  only('@loop/executor', 'BrokenExecutorError', 4_800),
  only('@loop/executor', 'ThreadPoolExecutor', 67_400),
  all('@loop/monitor', 12_500),
  all('@loop/net', 22_700),
  only('@loop/net', 'createDatagramEndpoint', 16_100),
  all('@loop/net/streams', 23_300),
  all('@loop/policy', 8_500),
  only('@loop/policy', 'debugLoop', 1_400),
  all('@loop/process', 9_800),
  only('@loop/process', 'createSubprocessExec', 5_400),
  all('@loop/process/testing', 2_100),
  all('@loop/runtime', 1_200),
  all('@loop/scheduler', 24_000),
  only('@loop/scheduler', 'AsyncScheduler', 23_300),
  only('@loop/scheduler', 'periodic', 1_200),
  all('@loop/scheduler/sqlite', 5_500),
  all('@loop/scheduler-pgboss', 6_500),
  all('@loop/selector-native', 10_500),
  all('@loop/selector-poll', 2_800),
  all('@loop/signals', 6_900),
  only('@loop/signals', 'ProcessSignals', 1_100),
  all('@loop/simulation', 22_700),
  all('@loop/sync', 3_700),
  only('@loop/sync', 'Lock', 1_400),
]
