/**
 * Does the fuzzer bite? Runs it on packages with one small mistake each (src/mutations.mjs) and prints after how many
 * programs each was found; ends with code 1 if one was not found, or if its anchor in the source is gone.
 *
 *     pnpm --filter @loop/conformance mutants [--programs 20000] [--seed 1] [--only text] [--recorded]
 *
 * With --recorded the recorded programs are used instead of new ones: do the tests that need no Python bite?
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { copySources, copyWithMistake, fileOf } from '@loop/test-kit/sources'
import { firstDifference } from './src/compare.mjs'
import { recorded } from './src/corpus.mjs'
import { loadSources } from './src/load-sources.mjs'
import { MUTATIONS } from './src/mutations.mjs'
import { Oracle } from './src/oracle.mjs'
import { runProgram } from './src/run.mjs'
import { cases } from './src/stream.mjs'

/** @typedef {import('./src/mutations.mjs').Mutation} Mutation */
/** @typedef {import('@loop/test-kit/sources').Sources} Sources */
/** @typedef {keyof Sources} Package */

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    recorded: { type: 'boolean', default: false },
  },
})
const most = Number(values.programs)
const packages = /** @type {const} */ (['core', 'sync'])
const forms = /** @type {const} */ (['async', 'generator'])

// A mutated package may drop promises after its run has ended; that is its affair.
process.on('unhandledRejection', () => {})

const oracle = values.recorded ? null : new Oracle()
console.log(oracle === null ? 'against the recorded programs' : `against ${oracle.name}, seed ${values.seed}`)

/**
 * The cases of a profile by number, null after the last; the oracle is asked once for all mutations. @param {Package}
 * profile
 */
async function casesOf(profile) {
  const stream = oracle === null ? null : cases(oracle, Number(values.seed), profile)
  const known = oracle === null ? await recorded(profile) : []
  return async (/** @type {number} */ index) => {
    if (index >= most) return null
    while (stream !== null && known.length <= index) known.push((await stream.next()).value)
    return known[index] ?? null
  }
}

/**
 * The packages, one of them with a mistake. @param {Mutation} mutation @param {Package} name @param {Sources} folders
 */
async function mutant(mutation, name, folders) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-mutant-'))
  try {
    await copyWithMistake(mutation, folders[name], folder)
    return await loadSources({ ...folders, [name]: folder })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * Which form differed, and after how many programs; null when none did. What differs without the mistake, too, is no
 * find.
 *
 * @param {import('./src/run.mjs').Subject} subject
 * @param {import('./src/run.mjs').Subject} unchanged
 * @param {Awaited<ReturnType<typeof casesOf>>} caseAt
 */
async function hunt(subject, unchanged, caseAt) {
  for (let index = 0; ; index++) {
    const found = await caseAt(index)
    if (found === null) return null
    for (const form of forms) {
      if (!(await differs(subject, found, form))) continue
      if (await differs(unchanged, found, form))
        console.log(`seed ${String(found.program.seed)} differs in ${form} form without any mutation`)
      else return { form, programs: index + 1, seed: found.program.seed }
    }
  }
}

/**
 * @param {import('./src/run.mjs').Subject} subject @param {import('./src/corpus.mjs').Case} found @param
 * {import('./src/print-javascript.mjs').Form} form
 */
async function differs(subject, { program, expected }, form) {
  return firstDifference(expected, await runProgram(subject, program, form)) !== -1
}

// One copy for all, so that nobody's editing meanwhile mixes two states of the sources.
const copy = await mkdtemp(join(tmpdir(), 'loop-sources-'))
const folders = await copySources(copy)

/** @param {Package} name */
const chosen = (name) => MUTATIONS[name].filter((mutation) => mutation.name.includes(values.only))
// All anchors first: a table that ends in the middle says less than the list of what must be updated.
for (const name of packages) for (const mutation of chosen(name)) await fileOf(mutation, folders[name])

const unchanged = await loadSources(folders)
let survivors = 0
for (const name of packages) {
  const caseAt = await casesOf(name)
  for (const mutation of chosen(name)) {
    const how = mutation.attribution === undefined ? {} : { attribution: mutation.attribution }
    const found = await hunt({ ...(await mutant(mutation, name, folders)), ...how }, { ...unchanged, ...how }, caseAt)
    if (found === null) survivors++
    const outcome =
      found === null
        ? 'NOT FOUND'
        : `${String(found.programs).padStart(5)} programs (seed ${String(found.seed)}, ${found.form})`
    console.log(`${name}: ${mutation.name.padEnd(66)} ${outcome}`)
  }
}
oracle?.close()
await rm(copy, { recursive: true })
console.log(survivors === 0 ? 'every mutation was found' : `${String(survivors)} not found`)
process.exit(survivors === 0 ? 0 : 1)
