// npm run test:platforms [wine|arm64|kqueue]…: the tests on other systems. --suites core,net runs some of the packages,
// --node 22 one line of Node. What is missing is installed: Debian's packages by apt-get, the rest from npm.

import { parseArgs } from 'node:util'
import { prepare } from '../bootstrap/prepare.mjs'
import { stage } from '../bootstrap/stage.mjs'
import { summary } from '../bootstrap/totals.mjs'
import * as ofArm64 from './arm64.mjs'
import * as ofKqueue from './kqueue.mjs'
import { details, table, totals } from './matrix.mjs'
import { runSuite } from './suites.mjs'
import * as ofWine from './wine.mjs'

/** @typedef {{ system: import('./suites.mjs').System, suite: string, files?: readonly string[] }} Run */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { suites: { type: 'string' }, node: { type: 'string' } },
})
const only = values.suites?.split(',')

/**
 * The lines to run that a system can.
 * @param {readonly string[]} lines
 */
const wanted = (lines) => lines.filter((line) => values.node === undefined || line === `node ${values.node}`)

/** What each argument stands for: prepares, and says what to run. */
const systems = {
  /** @param {NodeJS.ProcessEnv} env */
  async wine(env) {
    const tree = await ofWine.prepareWine(env)
    /** @type {Run[]} */
    const runs = []
    for (const line of wanted(ofWine.lines)) {
      const system = await ofWine.windows(tree, line)
      runs.push(...ofWine.suites.map((suite) => ({ system, suite })))
    }
    // Embedders give the executable another name; the addon must find Node's functions all the same.
    for (const line of wanted(ofWine.lines).slice(-1)) {
      const system = await ofWine.windows(tree, line, 'electron.exe')
      runs.push({ system, suite: 'selector-native', files: ['contract.test', 'echo.test'] })
    }
    return runs
  },
  /** @param {NodeJS.ProcessEnv} env */
  async arm64(env) {
    const tree = await ofArm64.prepareArm64(env)
    /** @type {Run[]} */
    const runs = []
    for (const line of wanted(ofArm64.lines)) {
      const system = await ofArm64.arm64(tree, line)
      runs.push(...ofArm64.suites.map((suite) => ({ system, suite })))
    }
    return runs
  },
  async kqueue() {
    ofKqueue.prepareKqueue()
    return ofKqueue.suites.map((suite) => ({ system: ofKqueue.kqueue(), suite }))
  },
}

/** Prepares, runs everything, prints the matrix; returns the exit code. */
async function main() {
  const unknown = positionals.filter((name) => !(name in systems))
  if (unknown.length > 0) {
    console.log(`no such system: ${unknown.join(', ')}; there are ${Object.keys(systems).join(', ')}`)
    return 2
  }
  const env = await prepare()
  if (env === undefined) return 1
  /** @type {import('./suites.mjs').Outcome[]} */
  const outcomes = []
  let failed = false
  for (const [name, make] of Object.entries(systems)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    /** @type {Run[]} */
    let runs = []
    failed = !(await stage(name, async () => void (runs = await make(env)))) || failed
    for (const { system, suite, files } of runs) {
      if (only !== undefined && !only.includes(suite)) continue
      await stage(`${system.runtime}, ${suite}`, async () => {
        const outcome = await runSuite(system, suite, files)
        outcomes.push(outcome)
        return `${outcome.passed} passed, ${outcome.failed.length} failed`
      })
    }
  }
  console.log(`\n${table(outcomes)}\n`)
  for (const line of details(outcomes)) console.log(line)
  const sum = totals(outcomes)
  console.log(summary(sum))
  return failed || sum.failed > 0 ? 1 : 0
}

process.exitCode = await main()
