/**
 * Measures @loop/net against others, prints tables and goals, and saves them beside this file. Needs the built packages
 * (pnpm build), a C compiler, Linux; two cores for figures that mean something.
 *
 *     node bench/run.mjs [scenario ...] [--rounds 3] [--quick] [--save FILE]
 *
 * LOOP_BENCH_NODES="24=/path/to/node,…", LOOP_BENCH_BUN and LOOP_BENCH_PYTHON name more contenders.
 */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { compile } from '../../selector-native/bench/harness.mjs'
import { table } from '../../selector-native/bench/report.mjs'
import { goalTable } from './goals.mjs'
import { scenarios } from './scenarios.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false }, save: { type: 'string' } },
})
const unknown = positionals.filter((name) => !(name in scenarios))
if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`)

const compiled = new Map()
const context = {
  load: compile('load.c'),
  compile: (file) => compiled.get(file) ?? compiled.set(file, compile(file)).get(file),
  rounds: Number(values.rounds),
  quick: values.quick,
}

/** What a measure is called, and how it is shown. */
const MEASURES = {
  rate: ['thousand a second', (value) => (value / 1000).toFixed(1)],
  cpu: ['CPU microseconds each', (value) => value.toFixed(2)],
  p50: ['median round trip in microseconds', (value) => value.toFixed(0)],
  bytes: ['bytes', (value) => value.toFixed(0)],
}

const parts = []
const say = (part) => {
  parts.push(part)
  console.log(`${part}\n`)
}

say(`# Network benchmark\n\nNode ${process.version}, Linux ${release()}, ${cpus().length} cores (${cpus()[0].model.trim()}): server on one, load generator on the other. Medians of ${context.rounds} interleaved rounds.`)
const all = new Map()
for (const name of positionals.length > 0 ? positionals : Object.keys(scenarios)) {
  const results = await scenarios[name](context)
  all.set(name, results)
  const names = [...results[0].medians.keys()]
  for (const measure of Object.keys(results[0].medians.get(names[0]))) {
    const [title, show] = MEASURES[measure] ?? []
    if (title === undefined || (measure === 'p50' && name !== 'busy-poll')) continue
    say(`## ${name}, ${title}\n\n${table(names, results, (medians) => show(medians[measure]))}`)
  }
}
say(`## Goals\n\nGeometric means over the points with 10 connections or more.\n\n${goalTable(all)}`)
if (values.save !== undefined) writeFileSync(values.save, `${parts.join('\n\n')}\n`)
