/**
 * Records a hundred small programs in corpus/, for `npm test`: first those that find a mutation, shrunk until they just
 * do, then small ones as they are generated, so that every statement is there.
 *
 *     pnpm --filter @loop/promise-fuzz record [--seed 1] [--each 3]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { corpusFile } from './src/corpus.mjs'
import { generate } from './src/generate.mjs'
import { Hunter } from './src/hunt.mjs'
import { copySources } from '@loop/test-kit/sources'
import { mutant } from './src/load-sources.mjs'
import { MUTATIONS } from './src/mutations.mjs'
import { shrink, sizeOf } from './src/shrink.mjs'

const ALL = 100
/** Larger ones are slow to read when they fail. */
const LARGEST = 12
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, each: { type: 'string', default: '3' } },
})
const first = Number(values.seed)

const folder = await mkdtemp(join(tmpdir(), 'loop-promise-record-'))
/** @type {Map<string, { program: unknown, finds?: string }>} */
const found = new Map()
const sound = new Hunter()

try {
  const copy = await copySources(folder)
  for (const [index, mutation] of MUTATIONS.entries()) {
    const hunter = new Hunter({ module: await mutant(copy, mutation, join(folder, `mutant-${String(index)}`)) })
    let seed = first
    for (let count = 0; count < Number(values.each);) {
      const finding = await hunter.hunt({ from: seed, count: 4000 })
      if (finding === null) break
      ;({ seed } = finding)
      const program = await shrink(
        generate(seed),
        async (candidate) => (await hunter.hunt({ from: 0, program: candidate })) !== null,
        200,
      )
      seed++
      if ((await sound.hunt({ from: 0, program })) !== null) continue
      found.set(JSON.stringify({ ...program, seed: 0 }), { program, finds: mutation.name })
      count++
    }
    hunter.end()
    console.log(`${mutation.name}: ${String(found.size)} programs so far`)
  }
} finally {
  await rm(folder, { recursive: true })
}
for (let seed = first; found.size < ALL; seed++) {
  const program = generate(seed)
  if (sizeOf(program) > LARGEST || sizeOf(program) < LARGEST / 2) continue
  if ((await sound.hunt({ from: seed })) === null) found.set(String(seed), { program })
}
sound.end()
await writeFile(
  corpusFile,
  [...found.values()]
    .slice(0, ALL)
    .map((one) => `${JSON.stringify(one)}\n`)
    .join(''),
)
console.log(`${String(Math.min(found.size, ALL))} programs`)
