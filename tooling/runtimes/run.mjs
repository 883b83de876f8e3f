// npm run test:runtimes: builds the packages and runs the programs on every runtime, or on those named:
// bun "node 26". Works in a fresh clone too: what it imports before it has installed is relative.

import { join } from 'node:path'
import { prepare, turbo } from '../bootstrap/prepare.mjs'
import { CommandError, execute, stage } from '../bootstrap/stage.mjs'
import { summary } from '../bootstrap/totals.mjs'
import { root } from '../bootstrap/workspace.mjs'
import { binaryOf } from './fetch.mjs'
import { runtimesFor } from './runtimes.mjs'
import { failures, table, totals } from './table.mjs'

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */
/** @typedef {import('./table.mjs').Row} Row */
/** @typedef {import('./table.mjs').Result} Result */

const here = join(root, 'tooling', 'runtimes', 'programs')

/** Column → script. A script prints one line of JSON, { name, ok, problem? }, for each check. */
const programs = {
  order: join(here, 'order.mjs'),
  starvation: join(here, 'starvation.mjs'),
  ending: join(here, 'ending.mjs'),
  replay: join(here, 'replay.mjs'),
  strays: join(here, 'strays.mjs'),
  subprocesses: join(here, 'subprocesses.mjs'),
  whole: join(here, 'whole.mjs'),
  simulation: join(here, 'simulation.mjs'),
}

/**
 * Runs a script and reads its results; a script that fails or prints none is one failed check.
 * @param {string} binary
 * @param {Runtime} runtime
 * @param {string} script
 * @returns {Promise<Result[]>}
 */
async function resultsOf(binary, runtime, script) {
  try {
    // The slowest script takes about ten seconds; five minutes are a hanging one.
    const output = await execute(binary, [...runtime.args, script], { timeout: 300_000 })
    const results = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
    return results.length > 0 ? results : [{ name: script, ok: false, problem: 'it printed no result' }]
  } catch (error) {
    const problem = error instanceof CommandError ? `${error.message}\n${error.output}` : String(error)
    return [{ name: script, ok: false, problem }]
  }
}

/**
 * Fetches a runtime and runs all programs on it.
 * @param {Runtime} runtime
 * @returns {Promise<Row>}
 */
async function tryRuntime(runtime) {
  const row = { runtime: `${runtime.name} (${runtime.version})`, results: /** @type {Record<string, Result[]>} */ ({}) }
  try {
    const binary = await binaryOf(runtime)
    for (const [name, script] of Object.entries(programs)) row.results[name] = await resultsOf(binary, runtime, script)
    return row
  } catch (error) {
    return { ...row, skipped: /** @type {Error} */ (error).message }
  }
}

/** Prepares, runs everything, prints the table; returns the exit code. */
async function main() {
  const wanted = process.argv.slice(2)
  const runtimes = runtimesFor().filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  if (runtimes.length === 0) {
    console.log(
      `no such runtime; there are ${runtimesFor()
        .map(({ name }) => `"${name}"`)
        .join(', ')}`,
    )
    return 2
  }
  const env = await prepare()
  if (env === undefined || !(await turbo('build', ['build', '--filter=@loop/runtimes...'], env))) return 1
  /** @type {Row[]} */
  const rows = []
  for (const runtime of runtimes) {
    await stage(runtime.name, async () => {
      const row = await tryRuntime(runtime)
      rows.push(row)
      return row.skipped === undefined ? 'done' : 'skipped'
    })
  }
  console.log(`\n${table(Object.keys(programs), rows)}\n`)
  for (const failure of failures(rows)) console.log(failure)
  const sum = totals(rows)
  console.log(summary(sum))
  return sum.failed === 0 ? 0 : 1
}

process.exitCode = await main()
