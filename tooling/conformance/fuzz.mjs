/**
 * Random programs on CPython's asyncio and on @loop/core and @loop/sync, whole traces compared.
 *
 *     npm run conformance -- --programs 20000 [--seed N] [--form async|generator|mixed|both|all]
 *         [--profile core|sync|all] [--drain auto|public] [--attribution async-context|handle]
 *     PYTHON=/path/to/python3 npm run conformance        another Python than the one that is found
 *
 * Ends with code 1 at the first difference, after printing the program, shrunk, as both sources. Against another
 * version than the reference, differences that belong to the version are counted, by what changed, and no mistake.
 */
import { parseArgs } from 'node:util'
import { firstDifference } from './src/compare.mjs'
import { sources } from '@loop/test-kit/sources'
import { loadSources } from './src/load-sources.mjs'
import { Oracle } from './src/oracle.mjs'
import { findReference, REFERENCE } from './src/python.mjs'
import { describe } from './src/report.mjs'
import { runProgram } from './src/run.mjs'
import { shrink } from './src/shrink.mjs'
import { cases } from './src/stream.mjs'
import { changesIn } from './src/versions.mjs'

/** @typedef {import('./src/print-javascript.mjs').Form} Form */

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    form: { type: 'string', default: 'both' },
    profile: { type: 'string', default: 'core' },
    drain: { type: 'string', default: 'auto' },
    attribution: { type: 'string', default: 'async-context' },
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
if (!['async-context', 'handle'].includes(values.attribution))
  throw new TypeError('--attribution is async-context or handle')

// Shrinking takes a second, and the first of a kind are as good as the hundredth.
const MOST_SHRUNK = 50

const oracle = new Oracle()
/**
 * Says whether a difference from another version is one of core, where there is a Python of the reference's version.
 */
const reference = oracle.isReference ? null : findReference()
const referee = reference === null ? null : new Oracle(reference)
const subject = {
  ...(await loadSources(sources)),
  drain: /** @type {import('./src/run.mjs').DrainChoice} */ (values.drain),
  attribution: /** @type {import('./src/run.mjs').Attribution} */ (values.attribution),
}
const started = Date.now()
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`
console.log(`seed ${String(seed)}, profile ${profile}, forms ${forms.join(' and ')}, against ${oracle.name}`)
if (!oracle.isReference) {
  const judge =
    referee === null
      ? `no CPython ${REFERENCE} is at hand, so differences are put down to it by their statements`
      : `${referee.name} decides which differences are its own`
  console.log(`core and sync follow CPython ${REFERENCE}; ${judge}`)
}

const count = { compared: 0, skipped: 0, lines: 0 }
/** Differences of the version, by what changed. @type {Map<string, number>} */
const ofVersion = new Map()
const failed = await search()
oracle.close()
referee?.close()
for (const [what, times] of [...ofVersion].sort(([, a], [, b]) => b - a)) {
  console.log(`${String(times).padStart(6)} differences belong to ${oracle.version}: ${what}`)
}
console.log(
  `${String(count.compared)} programs compared, each in ${String(forms.length)} form(s), ${String(count.lines)} trace lines, ` +
    `${String(count.skipped)} left out (equal deadlines, endless, or beyond this Python), ${failed ? 1 : 0} differences, ${seconds()}`,
)
process.exitCode = failed ? 1 : 0

/** Compares programs until enough are done or one differs; says whether one did. */
async function search() {
  for await (const { program, expected } of cases(oracle, seed, profile, count)) {
    for (const form of forms ?? []) {
      const actual = await runProgram(subject, program, form)
      if (firstDifference(expected, actual) === -1 || (await belongsToVersion(program, form, actual))) continue
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

/**
 * Whether a difference is one of the version and not of core: where the reference is at hand, it does as core does;
 * else a change between the two is about the statements that are left when the program is shrunk.
 *
 * @param {import('./src/program.mjs').Program} program
 * @param {Form} form
 * @param {string[]} actual
 */
async function belongsToVersion(program, form, actual) {
  if (oracle.isReference) return false
  if (referee !== null) {
    const answer = await referee.run(program)
    if ('trace' in answer && firstDifference(answer.trace, actual) !== -1) return false
  }
  const known = [...ofVersion.values()].reduce((sum, times) => sum + times, 0)
  const small =
    known < MOST_SHRUNK
      ? await shrink(program, async (candidate) => (await traces(oracle, candidate, form)) !== null)
      : null
  const changes = small === null ? [] : changesIn(small, oracle.version)
  if (small !== null && referee === null && changes.length === 0) return false
  const what =
    small === null
      ? 'not looked at, after so many'
      : changes.length === 0
        ? 'something else'
        : changes.map((change) => change.what).join(' / ')
  ofVersion.set(what, (ofVersion.get(what) ?? 0) + 1)
  return true
}

/** @param {import('./src/program.mjs').Program} program @param {Form} form */
async function tell(program, form) {
  const judge = referee ?? oracle
  const small = await shrink(program, async (candidate) => (await traces(judge, candidate, form)) !== null)
  const difference = await traces(judge, small, form)
  if (difference === null) throw new Error('the shrunk program no longer differs: the run is not deterministic')
  console.log(describe({ program: small, form, ...difference }))
}

/**
 * Both traces when they differ, else null. @param {Oracle} judge @param {import('./src/program.mjs').Program} program
 * @param {Form} form
 */
async function traces(judge, program, form) {
  const answer = await judge.run(program)
  if ('skip' in answer) return null
  const actual = await runProgram(subject, program, form)
  return firstDifference(answer.trace, actual) === -1 ? null : { expected: answer.trace, actual }
}
