/**
 * Records programs with CPython's traces into corpus/, for `npm test` and for runtimes without Python.
 *
 *     pnpm --filter @loop/conformance record [--programs 300] [--seed 1] [--profile core|sync]
 *
 * A program is recorded without the statements that leave its trace as it is: what was never reached says nothing.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { corpusFolder } from './src/corpus.mjs'
import { Oracle } from './src/oracle.mjs'
import { shrink } from './src/shrink.mjs'
import { cases } from './src/stream.mjs'

// Shorter traces show little that longer ones do not; longer ones are slow to read when they differ.
const SHORTEST = 12
const LONGEST = 60

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'core' },
  },
})
const profile = /** @type {import('./src/generate.mjs').Profile} */ (values.profile)
const oracle = new Oracle()
console.log(`recording ${values.programs} programs of profile ${profile} from seed ${values.seed} on CPython ${await oracle.version()}`)

/** @type {string[]} */
const lines = []
for await (const { program, expected } of cases(oracle, Number(values.seed), profile)) {
  if (expected.length < SHORTEST || expected.length > LONGEST) continue
  const trace = JSON.stringify(expected)
  const smaller = await shrink(program, async (candidate) => {
    const answer = await oracle.run(candidate)
    return 'trace' in answer && JSON.stringify(answer.trace) === trace
  })
  lines.push(JSON.stringify({ program: smaller, expected }))
  if (lines.length >= Number(values.programs)) break
}
oracle.close()
await writeFile(`${corpusFolder}${profile}.jsonl`, lines.join('\n') + '\n')
console.log(`${String(lines.length)} programs, ${String(lines.join('\n').length)} bytes`)
