/** The part of a JavaScript contender's process that repeats and measures. */
import process from 'node:process'
import { median } from './statistics.mjs'

/**
 * @typedef {object} Work
 * @property {number} operations a run's
 * @property {number} [repeats] measured runs
 * @property {() => unknown} run
 */

/**
 * Runs `scenarios[name]` some times unmeasured, then measured, and prints the median in nanoseconds per operation, and
 * the process's peak memory in megabytes.
 * @param {Record<string, Work>} scenarios
 * @param {string} [name] the program's first argument by default
 */
export async function work(scenarios, name = process.argv[2] ?? '') {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`no scenario ${name}`)
  const repeats = scenario.repeats ?? 9
  // A third as many again to warm up: the optimizing compiler is done after two or three.
  for (let i = 0; i < Math.ceil(repeats / 3); i++) await scenario.run()
  const values = []
  for (let i = 0; i < repeats; i++) {
    const started = process.hrtime.bigint()
    await scenario.run()
    values.push(Number(process.hrtime.bigint() - started) / scenario.operations)
  }
  console.log(JSON.stringify({ ns: median(values), peak: process.resourceUsage().maxRSS / 1024 }))
}

/**
 * The point that the program was started with: its last argument.
 * @returns {import('./types.mjs').Point & Record<string, any>}
 */
export const pointGiven = () => JSON.parse(process.argv.at(-1) ?? '{}')
