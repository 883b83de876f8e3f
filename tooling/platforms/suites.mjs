// Runs the tests of packages on an emulated system, and reads what came of each.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonFor } from './skips.mjs'

/**
 * @typedef {object} System
 * @property {string} name as skips.mjs has it
 * @property {string} runtime for the table, such as "Windows Node 22.23.3"
 * @property {string} tree the checkout that it sees
 * @property {string} scratch folder for reports and output
 * @property {(args: readonly string[]) => [string, readonly string[]]} command starts its Node
 * @property {(path: string) => string} path a path of ours, as it sees it
 * @property {NodeJS.ProcessEnv} env
 * @property {() => void} [end] ends what a run that hangs has left
 */

/**
 * @typedef {object} Outcome
 * @property {string} suite
 * @property {string} runtime
 * @property {number} passed
 * @property {readonly { test: string, reason: string }[]} skipped by name
 * @property {number} itself skipped by the tests themselves
 * @property {readonly { test: string, problem: string }[]} failed
 * @property {number} ms
 */

/** Half an hour, of which the longest suite takes a tenth on two quiet cores. */
const LIMIT = 1_800_000

/**
 * Runs one package's tests.
 * @param {System} system
 * @param {string} suite the package's folder
 * @param {readonly string[]} [files] parts of names of test files; without any, all
 * @returns {Promise<Outcome>}
 */
export async function runSuite(system, suite, files = []) {
  const began = performance.now()
  mkdirSync(system.scratch, { recursive: true })
  const report = join(system.scratch, `${suite}.json`)
  const output = join(system.scratch, `${suite}.txt`)
  rmSync(report, { force: true })
  const seen = (/** @type {string[]} */ ...path) => system.path(join(system.tree, ...path))
  const [program, args] = system.command([
    ...[seen('node_modules', 'vitest', 'vitest.mjs'), 'run', ...files],
    ...['--root', seen('packages', suite), '--config', seen('tooling', 'platforms', 'vitest.platform.config.ts')],
    ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${system.path(report)}`],
  ])
  const problem = await ended(program, args, system, join(system.tree, 'packages', suite), output)
  const outcome = read(system, suite, report, problem ?? `see ${output}`)
  return { ...outcome, ms: performance.now() - began }
}

/**
 * Runs a program with its output in a file: Windows' Node under wine can't write to a pipe of ours.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {System} system
 * @param {string} cwd
 * @param {string} output
 * @returns {Promise<string | undefined>} what went wrong, vitest's own failures aside
 */
function ended(program, args, { env, name, end }, cwd, output) {
  const file = openSync(output, 'w')
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env, LOOP_PLATFORM: name, CI: '1' },
      stdio: ['ignore', file, file],
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      end?.()
      resolve(`it took more than ${LIMIT / 60_000} minutes`)
    }, LIMIT)
    child.on('error', (error) => resolve(error.message))
    child.on('close', () => {
      clearTimeout(timer)
      closeSync(file)
      resolve(undefined)
    })
  })
}

/**
 * @param {System} system
 * @param {string} suite
 * @param {string} report
 * @param {string} problem said when there is no report
 */
function read(system, suite, report, problem) {
  const outcome = { suite, runtime: system.runtime, passed: 0, skipped: [], itself: 0, failed: [] }
  let parsed
  try {
    parsed = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return { ...outcome, failed: [{ test: suite, problem }] }
  }
  return parsed.testResults.reduce(
    (/** @type {any} */ sum, /** @type {any} */ file) => addFile(sum, system, file),
    outcome,
  )
}

/**
 * @param {any} sum
 * @param {System} system
 * @param {any} file of vitest's report
 */
function addFile(sum, system, file) {
  for (const { ancestorTitles, title, status, failureMessages } of file.assertionResults) {
    const test = [...ancestorTitles, title].filter((part) => part !== '').join(' > ')
    const reason = reasonFor(system.name, file.name, test)
    const where = `${file.name.replaceAll('\\', '/').split('/').at(-1)}: ${test}`
    if (status === 'passed') sum.passed++
    else if (status === 'failed') sum.failed.push({ test: where, problem: failureMessages[0] ?? '' })
    else if (reason === undefined) sum.itself++
    else sum.skipped.push({ test: where, reason })
  }
  const broken =
    file.status === 'failed' && !file.assertionResults.some((/** @type {any} */ it) => it.status === 'failed')
  if (broken) sum.failed.push({ test: file.name, problem: file.message })
  return sum
}
