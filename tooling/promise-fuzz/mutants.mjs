/**
 * Does the fuzzer bite? Runs it on core with one small mistake each (src/mutations.mjs) and prints after how many
 * programs each was found, and by what; ends with code 1 if one was not found, or if its anchor in the source is gone.
 *
 *     pnpm --filter @loop/promise-fuzz mutants [--programs 5000] [--seed 1] [--only text]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Hunter } from './src/hunt.mjs'
import { copySources, fileOf } from '@loop/test-kit/sources'
import { mutant } from './src/load-sources.mjs'
import { MUTATIONS } from './src/mutations.mjs'

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const most = Number(values.programs)
const first = Number(values.seed)
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only))

/** Core as it is: what is wrong there too was not the mutation. */
const sound = new Hunter()

/** The first program that is wrong by the mutation alone. @param {Hunter} hunter */
async function firstOf(hunter) {
  for (let seed = first; seed < first + most; seed++) {
    const finding = await hunter.hunt({ from: seed, count: first + most - seed })
    if (finding === null || (await sound.hunt({ from: finding.seed })) === null) return finding
    ;({ seed } = finding)
  }
  return null
}

const folder = await mkdtemp(join(tmpdir(), 'loop-promise-mutants-'))
let survivors = 0
try {
  const copy = await copySources(folder)
  // All anchors first: a table that ends in the middle says less than the list of what must be updated.
  for (const mutation of chosen) await fileOf(mutation, copy.core)
  for (const [index, mutation] of chosen.entries()) {
    const hunter = new Hunter({ module: await mutant(copy, mutation, join(folder, `mutant-${String(index)}`)) })
    const finding = await firstOf(hunter)
    hunter.end()
    if (finding === null) survivors++
    const outcome =
      finding === null
        ? 'NOT FOUND'
        : `${String(finding.seed - first + 1).padStart(5)} programs: ${String(finding.violations[0]).slice(0, 90)}`
    console.log(`${mutation.name.padEnd(64)} ${outcome}`)
  }
} finally {
  await rm(folder, { recursive: true })
}
sound.end()
console.log(survivors === 0 ? 'every mutation was found' : `${String(survivors)} not found`)
process.exitCode = survivors === 0 ? 0 : 1
