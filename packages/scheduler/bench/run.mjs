// pnpm bench: every contender in every scenario, each measurement in a process of its own, rounds taken in turn; the table
// shows medians, and how many times better than the best other one we are (the median of the rounds' ratios).
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const contenders = ['loop', 'croner', 'node-cron', 'toad-scheduler', 'node-schedule']
const rows = [
  ['register', 'cron', 'register 10,000 cron jobs'],
  ['register', 'every', 'register 10,000 intervals'],
  ['fire', 'cron', 'fire 100,000 cron runs'],
  ['fire', 'every', 'fire 100,000 intervals'],
  ['accuracy', 'cron', 'late, 1,000 cron jobs a second'],
  ['accuracy', 'every', 'late, 1,000 intervals a second'],
  ['memory', 'cron', 'memory of a cron job'],
  ['memory', 'every', 'memory of an interval'],
]
const ROUNDS = 5
const script = fileURLToPath(new URL('measure.mjs', import.meta.url))

/** @param {string} contender @param {string} scenario @param {string} kind @returns {number | null} */
const measure = (contender, scenario, kind) =>
  JSON.parse(execFileSync(process.execPath, ['--expose-gc', '--no-warnings', script, contender, scenario, kind], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? 'null')

/** @param {number[]} values */
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
/** @param {number} value */
const show = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))

const wanted = process.argv.slice(2)
for (const [scenario, kind, title] of rows) {
  if (wanted.length > 0 && !wanted.includes(scenario)) continue
  const { unit } = await import(`./scenarios/${scenario}.mjs`)
  /** @type {Map<string, number[]>} */
  const results = new Map()
  /** @type {number[]} */
  const ratios = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round === 0 ? contenders : results.keys()) {
      const figure = measure(contender, scenario, kind)
      // What a library cannot do it is not asked again.
      if (figure !== null) results.set(contender, [...(results.get(contender) ?? []), figure])
    }
    const [ours = NaN, ...others] = [...results.values()].map((figures) => figures[round] ?? Infinity)
    ratios.push(Math.min(...others) / ours)
  }
  const figures = [...results].map(([contender, all]) => `${contender} ${show(median([...all]))}`)
  console.log(`${title} (${unit}): ${figures.join(', ')}; ${median(ratios).toFixed(2)} times the best other`)
}
