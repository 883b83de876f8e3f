/**
 * Records programs with CPython's traces into corpus/, for `npm test` and for runtimes without Python.
 *
 *     pnpm --filter @loop/conformance record [--programs 400] [--seed 2000] [--profile core|sync] [--include 7,1850]
 *
 * A program is recorded without the statements that leave its trace as it is: what was never reached says little.
 * `--include` adds programs by seed, whole: those that found a mutation, whose point may be what does not happen.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { corpusFolder } from './src/corpus.mjs'
import { generate } from './src/generate.mjs'
import { Oracle } from './src/oracle.mjs'
import { REFERENCE } from './src/python.mjs'
import { shrink } from './src/shrink.mjs'
import { cases } from './src/stream.mjs'

// Shorter traces show little that longer ones do not; longer ones are slow to read when they differ.
const SHORTEST = 12
const LONGEST = 60

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '400' },
    seed: { type: 'string', default: '2000' },
    profile: { type: 'string', default: 'core' },
    include: { type: 'string', default: '' },
  },
})
const profile = /** @type {import('./src/generate.mjs').Profile} */ (values.profile)
const oracle = new Oracle()
if (!oracle.isReference) throw new Error(`recorded is what CPython ${REFERENCE} does, and this is ${oracle.name}`)
console.log(`recording ${values.programs} programs of profile ${profile} from seed ${values.seed} on ${oracle.name}`)

/** @type {string[]} */
const lines = []
for (const seed of values.include.split(',').filter((text) => text !== '')) {
  const program = generate(Number(seed), profile)
  const answer = await oracle.run(program)
  if ('skip' in answer) throw new Error(`seed ${seed} cannot be recorded: ${answer.skip}`)
  lines.push(JSON.stringify({ program, expected: answer.trace }))
}
for await (const found of cases(oracle, Number(values.seed), profile)) {
  if (lines.length >= Number(values.programs)) break
  if (found.expected.length >= SHORTEST && found.expected.length <= LONGEST)
    lines.push(JSON.stringify(await pruned(found)))
}
oracle.close()
await writeFile(`${corpusFolder}${profile}.jsonl`, lines.join('\n') + '\n')
console.log(`${String(lines.length)} programs, ${String(lines.join('\n').length)} bytes`)

/** @param {import('./src/stream.mjs').Case} found */
async function pruned({ program, expected }) {
  const trace = JSON.stringify(expected)
  const smaller = await shrink(program, async (candidate) => {
    const answer = await oracle.run(candidate)
    return 'trace' in answer && JSON.stringify(answer.trace) === trace
  })
  return { program: smaller, expected }
}
