/**
 * Does the fuzzer bite? Runs it on cores with one small mistake each (src/mutations.mjs) and prints after how many
 * programs each was found; ends with code 1 if one was not found, or if its anchor in the source is gone.
 *
 *     pnpm --filter @loop/conformance mutants [--programs 20000] [--seed 1] [--only text] [--recorded]
 *
 * With --recorded the recorded programs are used instead of new ones: do the tests that need no Python bite?
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { firstDifference } from './src/compare.mjs'
import { recorded } from './src/corpus.mjs'
import { coreSources, loadSources } from './src/load-core.mjs'
import { MUTATIONS } from './src/mutations.mjs'
import { Oracle } from './src/oracle.mjs'
import { runProgram } from './src/run.mjs'
import { cases } from './src/stream.mjs'

/** @typedef {import('./src/mutations.mjs').Mutation} Mutation */

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    recorded: { type: 'boolean', default: false },
  },
})
const most = Number(values.programs)
const forms = /** @type {const} */ (['async', 'generator'])

// A mutated core may drop promises after its run has ended; that is its affair.
process.on('unhandledRejection', () => {})

const oracle = values.recorded ? null : new Oracle()
const stream = oracle === null ? null : cases(oracle, Number(values.seed), 'core')
const known = oracle === null ? await recorded('core') : []
console.log(
  oracle === null
    ? `mutations of core against ${String(known.length)} recorded programs`
    : `mutations of core against CPython ${await oracle.version()}, seed ${values.seed}`,
)

/** The case of a number, or null after the last; the oracle is asked once for all mutations. @param {number} index */
async function caseAt(index) {
  if (index >= most) return null
  while (stream !== null && known.length <= index) known.push((await stream.next()).value)
  return known[index] ?? null
}

/** The one file that has the anchor. @param {Mutation} mutation @param {string} sources */
async function fileOf({ name, from }, sources) {
  const files = (await readdir(sources)).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join(sources, file), 'utf8')))
  const places = files.flatMap((file, index) => Array(/** @type {string} */ (texts[index]).split(from).length - 1).fill(file))
  if (places.length === 1) return places[0]
  throw new Error(`"${name}": its anchor stands in ${places.length === 0 ? 'no file' : places.join(', ')} of core`)
}

/** A core with the mistake. @param {Mutation} mutation @param {string} sources */
async function mutant(mutation, sources) {
  const file = await fileOf(mutation, sources)
  const core = await mkdtemp(join(tmpdir(), 'loop-mutant-'))
  try {
    await cp(sources, core, { recursive: true })
    const path = join(core, file)
    await writeFile(path, (await readFile(path, 'utf8')).replace(mutation.from, () => mutation.to))
    return await loadSources({ core })
  } finally {
    await rm(core, { recursive: true })
  }
}

/** Which form differed, and after how many programs; null when none did. @param {import('./src/run.mjs').Subject} subject */
async function hunt(subject) {
  for (let index = 0; ; index++) {
    const found = await caseAt(index)
    if (found === null) return null
    for (const form of forms) {
      const differs = firstDifference(found.expected, await runProgram(subject, found.program, form)) !== -1
      if (differs) return { form, programs: index + 1, seed: found.program.seed }
    }
  }
}

// One copy for all, so that nobody's editing meanwhile mixes two states of the sources.
const sources = await mkdtemp(join(tmpdir(), 'loop-sources-'))
await cp(coreSources, sources, { recursive: true })
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only))
// All anchors first: a table that ends in the middle says less than the list of what must be updated.
for (const mutation of chosen) await fileOf(mutation, sources)

let survivors = 0
for (const mutation of chosen) {
  const found = await hunt(await mutant(mutation, sources))
  if (found === null) survivors++
  const outcome = found === null ? 'NOT FOUND' : `${String(found.programs).padStart(5)} programs (seed ${String(found.seed)}, ${found.form})`
  console.log(`${mutation.name.padEnd(66)} ${outcome}`)
}
oracle?.close()
await rm(sources, { recursive: true })
console.log(survivors === 0 ? 'every mutation was found' : `${String(survivors)} not found`)
process.exit(survivors === 0 ? 0 : 1)
