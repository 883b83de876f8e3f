// npm test: install, build, types, format, lint and checks at once, Chromium for the page's tests, unit tests. All stages run
// even when an earlier one failed, and the last line is always "N passed, N failed[, N skipped]", where a stage that
// failed counts as one failure. Arguments go to vitest: npm test -- packages/core

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureChromium } from './chromium.mjs'
import { checkNode, prepare, turbo } from './prepare.mjs'
import { CommandError, node, stage } from './stage.mjs'
import { readTotals, summary } from './totals.mjs'
import { root } from './workspace.mjs'

const bin = (/** @type {string[]} */ ...path) => join(root, 'node_modules', ...path)

/**
 * Runs vitest over the sources of all packages, with its own output on the screen.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('./totals.mjs').Totals>}
 */
async function unitTests(env) {
  const report = bin('.loop-tests.json')
  rmSync(report, { force: true })
  const args = [
    bin('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  let ended = true
  try {
    await node([...args, ...process.argv.slice(2)], { env, show: true })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    ended = false
  }
  return readTotals(() => readFileSync(report, 'utf8'), ended)
}

/**
 * Whether the tests asked for include those of the demo's page.
 * @param {readonly string[]} filters vitest's
 */
const testsPage = (filters) => filters.length === 0 || filters.some((filter) => filter.includes('demo'))

/**
 * Looks at the code in four ways, each on one core: at the same time.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean[]>} whether each found nothing
 */
async function looks(env) {
  /** @type {[name: string, args: string[]][]} */
  const commands = [
    ['types', [join(root, 'tooling/bootstrap/typecheck.mjs')]],
    ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '.']],
    ['lint', [bin('eslint', 'bin', 'eslint.js'), '.']],
    ['checks', [join(root, 'tooling/checks/run.mjs')]],
  ]
  const running = commands.map(([name, args]) => {
    const work = node(args, { env })
    // A stage reports it, when its turn comes.
    work.catch(() => {})
    return { name, work }
  })
  const found = []
  for (const { name, work } of running) found.push(await stage(name, async () => void (await work)))
  return found
}

/** Runs all stages; returns the totals. */
async function test() {
  const failed = { passed: 0, failed: 1, skipped: 0 }
  if (!checkNode()) return failed
  const env = await prepare()
  if (env === undefined) return failed
  const stages = [await turbo('build', ['build'], env), ...(await looks(env))]
  if (testsPage(process.argv.slice(2))) await stage('chromium', ensureChromium)
  const totals = await unitTests(env)
  return { ...totals, failed: totals.failed + stages.filter((ok) => !ok).length }
}

const totals = await test()
process.exitCode = totals.failed === 0 ? 0 : 1
console.log(summary(totals))
