/**
 * The benchmark of the primitives: `pnpm --filter @loop/sync bench [scenario …] [--rounds 5]`.
 * It runs the built package (`pnpm build` first) beside asyncio, and uvloop where a Python has it, in one run.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare, formatTable, machine } from '@loop/bench-kit'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string', default: '5' } } })

const file = (name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url))
const script = file('asyncio_contender.py')

/** The system's Python may have uvloop where the first on PATH has not. */
const pythons = ['python3', '/usr/bin/python3']
const withUvloop = pythons.find((program) => spawnSync(program, ['-c', 'import uvloop']).status === 0)

const contenders = [
  { name: 'loop, generators', command: (scenario) => [process.execPath, file('loop.mjs'), 'generator', scenario] },
  { name: 'loop, async functions', command: (scenario) => [process.execPath, file('loop.mjs'), 'async', scenario] },
  { name: 'asyncio', command: (scenario) => ['python3', script, 'asyncio', scenario] },
  { name: 'uvloop', command: (scenario) => (withUvloop === undefined ? null : [withUvloop, script, 'uvloop', scenario]) },
]

const titles = {
  'lock-free': 'a lock that nobody else wants: acquire and release',
  'lock-contended': 'a lock that 100 tasks want: acquire, give way, release',
  'event-ping-pong': 'two tasks that wake each other through events; per wake-up',
  'queue-free': 'a queue without limit: put and get; per item',
  'queue-1': 'a queue of one place, between a producer and a consumer; per item',
}

const wanted = positionals.length > 0 ? positionals : Object.keys(titles)
const { cpu, cores, node } = machine()
console.log(`${cpu}, ${cores} cores, Node ${node}; medians of ${values.rounds} rounds`)
for (const name of wanted) {
  const title = titles[name]
  if (title === undefined) throw new Error(`no scenario ${name}; there are ${Object.keys(titles).join(', ')}`)
  const [result] = await compare({ scenarios: [{ name, title, base: 'loop, generators' }], contenders, rounds: Number(values.rounds) })
  console.log(`\n${formatTable(result)}`)
}
