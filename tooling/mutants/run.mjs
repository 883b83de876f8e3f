#!/usr/bin/env node
// Do the tests behind the threat model bite? Runs them on sources with one small mistake each and prints what became of it;
// ends with code 1 if one was not found: npm run mutants [-- part of a name]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { changed } from './mistake.mjs'
import { MUTATIONS } from './mutations.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** Milliseconds: a mistake may make tests wait for ever, which is found by that. */
const LONGEST = 60_000

/**
 * What the tests said, in words, or null when all passed.
 * @param {import('./mutations.mjs').Mutation} mutation @param {boolean} mistaken
 */
function found({ package: name, tests, ...mistake }, mistaken) {
  const folder = mkdtempSync(join(tmpdir(), 'loop-mutants-'))
  const report = join(folder, 'report.json')
  try {
    const { status, error } = spawnSync(
      'vitest',
      ['run', ...tests, '--bail=1', '--reporter=json', `--outputFile=${report}`, '--test-timeout=60000'],
      {
        cwd: join(root, name),
        stdio: 'ignore',
        timeout: LONGEST,
        shell: process.platform === 'win32',
        env: { ...process.env, ...(mistaken ? { LOOP_MUTANT: JSON.stringify(mistake) } : {}) },
      },
    )
    if (status === 0) return null
    // vitest has an exit code of its own for the signal that ends it.
    if (error !== undefined || status === null) return 'the tests did not end'
    const { testResults, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'))
    if (numTotalTests === 0) throw new Error(`no test ran: ${testResults[0]?.message ?? tests.join(' ')}`)
    const failed = testResults
      .flatMap((/** @type {{ assertionResults: object[] }} */ file) => file.assertionResults)
      .find((/** @type {{ status: string }} */ each) => each.status === 'failed')
    return failed?.title ?? 'an error outside of the tests'
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [part = ''] = process.argv.slice(2)
const chosen = MUTATIONS.filter(({ what }) => what.includes(part))
// All places first: a table that ends in the middle says less than the list of what must be updated.
for (const mutation of chosen) changed(readFileSync(join(root, mutation.package, mutation.file), 'utf8'), mutation)
for (const tests of new Set(chosen.map((mutation) => JSON.stringify([mutation.package, mutation.tests])))) {
  const mutation = chosen.find((each) => JSON.stringify([each.package, each.tests]) === tests)
  const failed = mutation && found(mutation, false)
  if (failed) throw new Error(`${tests} fails without any mistake: ${failed}`)
}
let survivors = 0
for (const mutation of chosen) {
  const how = found(mutation, true)
  if (how === null) survivors++
  console.log(`${mutation.package.slice(9).padEnd(16)} ${mutation.what.padEnd(58)} ${how ?? 'NOT FOUND'}`)
}
console.log(survivors === 0 ? `all ${chosen.length} were found` : `${survivors} of ${chosen.length} not found`)
process.exitCode = survivors === 0 ? 0 : 1
