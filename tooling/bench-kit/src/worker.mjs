/** The part of a JavaScript contender's process that repeats and measures. */
import process from 'node:process'
import { median } from './index.mjs'

/**
 * Runs `scenarios[name]` some times unmeasured, then measured, and prints the median in nanoseconds per operation.
 * A scenario is `{ operations, run }`; `run` may return the nanoseconds it counts itself, for set-up that is not the matter.
 * @param {Record<string, { operations: number, repeats?: number, run: () => unknown }>} scenarios
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
    const own = await scenario.run()
    const taken = Number(process.hrtime.bigint() - started)
    values.push((typeof own === 'number' ? own : taken) / scenario.operations)
  }
  console.log(JSON.stringify({ value: median(values), rss: process.resourceUsage().maxRSS * 1024 }))
}
