/**
 * Random programs on CPython's asyncio and on @loop/core and @loop/sync, whole traces compared.
 *
 *     pnpm conformance --programs 20000 [--seed N] [--form async|generator|mixed|both|all] [--profile core|sync|all]
 *         [--drain auto|public]
 *
 * Ends with code 1 at the first difference, after printing the program, shrunk, as both sources.
 */
import { parseArgs } from 'node:util'
import { firstDifference } from './src/compare.mjs'
import { loadSources, sources } from './src/load-sources.mjs'
import { Oracle } from './src/oracle.mjs'
import { describe } from './src/report.mjs'
import { runProgram } from './src/run.mjs'
import { shrink } from './src/shrink.mjs'
import { cases } from './src/stream.mjs'

/** @typedef {import('./src/print-javascript.mjs').Form} Form */

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    form: { type: 'string', default: 'both' },
    profile: { type: 'string', default: 'core' },
    drain: { type: 'string', default: 'auto' },
  },
})
const programs = Number(values.programs)
// A new seed each time, printed, so that every run looks at other programs and can be repeated.
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
/** @type {Record<string, Form[]>} */
const FORMS = {
  async: ['async'],
  generator: ['generator'],
  mixed: ['mixed'],
  both: ['async', 'generator'],
  all: ['async', 'generator', 'mixed'],
}
const forms = FORMS[values.form]
const profile = /** @type {import('./src/generate.mjs').Profile} */ (values.profile)
if (!(programs > 0) || !Number.isInteger(seed)) throw new TypeError('--programs and --seed take whole numbers')
if (forms === undefined) throw new TypeError(`--form is one of ${Object.keys(FORMS).join(', ')}`)
if (!['core', 'sync', 'all'].includes(profile)) throw new TypeError('--profile is core, sync or all')
if (!['auto', 'public'].includes(values.drain)) throw new TypeError('--drain is auto or public')

const oracle = new Oracle()
const subject = { ...(await loadSources(sources)), drain: /** @type {import('@loop/core').DrainChoice} */ (values.drain) }
const started = Date.now()
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`
console.log(`seed ${String(seed)}, profile ${profile}, forms ${forms.join(' and ')}, against CPython ${await oracle.version()}`)

const count = { compared: 0, skipped: 0, lines: 0 }
const failed = await search()
oracle.close()
console.log(
  `${String(count.compared)} programs compared, each in ${String(forms.length)} form(s), ${String(count.lines)} trace lines, ` +
    `${String(count.skipped)} left out (equal deadlines or endless), ${failed ? 1 : 0} differences, ${seconds()}`,
)
process.exitCode = failed ? 1 : 0

/** Compares programs until enough are done or one differs; says whether one did. */
async function search() {
  for await (const { program, expected } of cases(oracle, seed, profile, count)) {
    for (const form of forms ?? []) {
      if (firstDifference(expected, await runProgram(subject, program, form)) === -1) continue
      console.log(`seed ${String(program.seed)} differs in ${form} form; shrinking …`)
      await tell(program, form)
      return true
    }
    count.compared++
    count.lines += expected.length
    if (count.compared % 1000 === 0) console.log(`${String(count.compared)} programs, ${seconds()}`)
    if (count.compared >= programs) return false
  }
  return false
}

/** @param {import('./src/program.mjs').Program} program @param {Form} form */
async function tell(program, form) {
  const small = await shrink(program, async (candidate) => (await traces(candidate, form)) !== null)
  const difference = await traces(small, form)
  if (difference === null) throw new Error('the shrunk program no longer differs: the run is not deterministic')
  console.log(describe({ program: small, form, ...difference }))
}

/** Both traces when they differ, else null. @param {import('./src/program.mjs').Program} program @param {Form} form */
async function traces(program, form) {
  const answer = await oracle.run(program)
  if ('skip' in answer) return null
  const actual = await runProgram(subject, program, form)
  return firstDifference(answer.trace, actual) === -1 ? null : { expected: answer.trace, actual }
}
