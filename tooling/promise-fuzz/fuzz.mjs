/**
 * Random programs that mix waits of the loop with native promises, each held against its own labels.
 *
 *     npm run fuzz:promises -- --programs 20000 [--seed N] [--attribution handle|async-context] [--runtime "node
 *     24"|bun|PATH]
 *         [--module PATH] [--keep-going]
 *
 * Ends with code 1 at the first program that is wrong, after printing it, shrunk; with --keep-going it goes on, and
 * prints one program for each sort of fault.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { binaryOf } from '../runtimes/fetch.mjs'
import { runtimesFor } from '../runtimes/runtimes.mjs'
import { generate } from './src/generate.mjs'
import { Hunter } from './src/hunt.mjs'
import { print } from './src/print.mjs'
import { shrink, sizeOf, sortOf } from './src/shrink.mjs'

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    attribution: { type: 'string', default: 'async-context' },
    runtime: { type: 'string' },
    module: { type: 'string', default: '' },
    'keep-going': { type: 'boolean', default: false },
    ignore: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
})
const programs = Number(values.programs)
// A new seed each time, printed, so that every run looks at other programs and can be repeated.
const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
if (!(programs > 0) || !Number.isInteger(first)) throw new TypeError('--programs and --seed take whole numbers')
if (!['handle', 'async-context'].includes(values.attribution))
  throw new TypeError('--attribution is handle or async-context')

/** Programs given to a worker at a time. */
const CHUNK = 200
const setting = {
  binary: await binary(),
  module: values.module,
  attribution: values.attribution,
  ignore: values.ignore,
}

async function binary() {
  const { runtime } = values
  if (runtime === undefined) return process.execPath
  if (existsSync(runtime)) return runtime
  const known = runtimesFor().find(({ name }) => name === runtime)
  if (known === undefined)
    throw new TypeError(
      `--runtime is a path or one of ${runtimesFor()
        .map(({ name }) => name)
        .join(', ')}`,
    )
  return await binaryOf(known)
}

const started = Date.now()
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`
console.log(`seed ${String(first)}, attribution ${values.attribution}, on ${values.runtime ?? process.version}`)

/** Sort of fault → how often. @type {Map<string, { count: number, seed: number }>} */
const found = new Map()
const hunter = new Hunter(setting)
let told = 0
let bad = 0
for (let seed = first; seed < first + programs;) {
  const finding = await hunter.hunt({ from: seed, count: Math.min(CHUNK, first + programs - seed) })
  seed = finding === null ? seed + CHUNK : finding.seed + 1
  if (finding !== null) {
    bad++
    const sort = sortOf(String(finding.violations[0]))
    const known = found.get(sort)
    if (known === undefined) {
      found.set(sort, { count: 1, seed: finding.seed })
      await tell(finding.seed, sort)
      if (!values['keep-going']) break
    } else known.count++
  }
  const done = seed - first
  if (done - told >= 5000) {
    told = done
    console.log(`${String(done)} programs, ${seconds()}`)
  }
}
hunter.end()
for (const [sort, { count, seed }] of found)
  console.log(`${String(count).padStart(6)} × ${sort} (first: seed ${String(seed)})`)
console.log(`${String(programs)} programs, ${String(bad)} wrong, ${seconds()}`)
process.exitCode = bad > 0 ? 1 : 0

/** Prints the program of a seed, shrunk. @param {number} seed @param {string} sort */
async function tell(seed, sort) {
  const program = generate(seed, { foreign: values.attribution !== 'handle' })
  console.log(`seed ${String(seed)}: ${sort}; shrinking ${String(sizeOf(program))} statements …`)
  const judge = new Hunter(setting)
  const small = await shrink(program, async (candidate) => {
    const finding = await judge.hunt({ from: seed, program: candidate })
    return finding !== null && finding.violations.some((violation) => sortOf(violation) === sort)
  })
  const finding = await judge.hunt({ from: seed, program: small })
  judge.end()
  console.log(print(small))
  for (const violation of finding?.violations ?? ['it no longer fails: the run is not deterministic'])
    console.log(`  ${violation}`)
  if (values.json) console.log(JSON.stringify(small))
}
