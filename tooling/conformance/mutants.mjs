/**
 * Does the fuzzer bite? Runs it on cores with one small mistake each (src/mutations.mjs) and prints after how many
 * programs each was found; ends with code 1 if one was not found, or if its anchor in the source is gone.
 *
 *     pnpm --filter @loop/conformance mutants [--programs 20000] [--seed 1] [--only text]
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { firstDifference } from './src/compare.mjs'
import { coreSources, loadSources } from './src/load-core.mjs'
import { MUTATIONS } from './src/mutations.mjs'
import { Oracle } from './src/oracle.mjs'
import { runProgram } from './src/run.mjs'
import { cases } from './src/stream.mjs'

/** @typedef {import('./src/mutations.mjs').Mutation} Mutation */
/** @typedef {import('./src/stream.mjs').Case} Case */

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const most = Number(values.programs)
const forms = /** @type {const} */ (['async', 'generator'])

// A mutated core may drop promises after its run has ended; that is its affair.
process.on('unhandledRejection', () => {})

const oracle = new Oracle()
console.log(`mutations of core against CPython ${await oracle.version()}, seed ${values.seed}`)
const stream = cases(oracle, Number(values.seed), 'core')
/** @type {Case[]} */
const known = []

/** The case of a number; the oracle is asked once for all mutations. @param {number} index */
async function caseAt(index) {
  while (known.length <= index) known.push((await stream.next()).value)
  return /** @type {Case} */ (known[index])
}

/** A core with the mistake, made on a copy of the copy of the sources. @param {Mutation} mutation @param {string} sources */
async function mutant({ name, file, from, to }, sources) {
  const core = await mkdtemp(join(tmpdir(), 'loop-mutant-'))
  try {
    await cp(sources, core, { recursive: true })
    const path = join(core, file)
    const parts = (await readFile(path, 'utf8')).split(from)
    if (parts.length !== 2) throw new Error(`"${name}": its anchor stands ${String(parts.length - 1)} times in core's ${file}`)
    await writeFile(path, parts.join(to))
    return await loadSources({ core })
  } finally {
    await rm(core, { recursive: true })
  }
}

/** Which form differed, and after how many programs; null when none did. @param {import('./src/run.mjs').Subject} subject */
async function hunt(subject) {
  for (let index = 0; index < most; index++) {
    const { program, expected } = await caseAt(index)
    for (const form of forms) {
      if (firstDifference(expected, await runProgram(subject, program, form)) !== -1) return { form, programs: index + 1 }
    }
  }
  return null
}

// One copy for all, so that nobody's editing meanwhile mixes two states of the sources.
const sources = await mkdtemp(join(tmpdir(), 'loop-sources-'))
await cp(coreSources, sources, { recursive: true })
let survivors = 0
for (const mutation of MUTATIONS.filter(({ name }) => name.includes(values.only))) {
  const found = await hunt(await mutant(mutation, sources))
  if (found === null) survivors++
  const outcome = found === null ? 'NOT FOUND' : `${String(found.programs).padStart(5)} programs, ${found.form}`
  console.log(`${mutation.name.padEnd(66)} ${outcome}`)
}
oracle.close()
await rm(sources, { recursive: true })
console.log(survivors === 0 ? 'every mutation was found' : `${String(survivors)} not found in ${String(most)} programs`)
process.exit(survivors === 0 ? 0 : 1)
