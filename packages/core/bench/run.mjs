/**
 * The core's benchmark: `pnpm --filter @loop/core bench [scenario …] [--rounds 5] [--json file]`.
 * It runs the built package (`pnpm build` first) beside Node's own means, asyncio and uvloop, in one run.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare, formatTable, machine } from '@loop/bench-kit'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
})

const file = (name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url))
const node = (script, scenario) => [process.execPath, file(script), scenario]

/** Python for asyncio is the first on PATH; uvloop may belong to the system's. */
const python = findPython(() => true)
const pythonWithUvloop = findPython((program) => spawnSync(program, ['-c', 'import uvloop']).status === 0)

/** Which variants take part in a scenario: [contender, script, its name for the scenario]. */
const plan = {
  'call-soon': {
    title: 'callSoon: schedule and run, batches of 100,000',
    base: 'loop',
    variants: [
      ['loop', 'loop.mjs', 'call-soon'],
      ['loop, public drain', 'loop.mjs', 'call-soon:public-drain'],
      ['setImmediate', 'node.mjs', 'call-soon:setImmediate'],
      ['queueMicrotask', 'node.mjs', 'call-soon:queueMicrotask'],
      ['process.nextTick', 'node.mjs', 'call-soon:nextTick'],
      ['asyncio', 'python', 'call-soon'],
      ['uvloop', 'uvloop', 'call-soon'],
    ],
  },
  'call-soon-chain': {
    title: 'callSoon: one a turn, each schedules the next',
    base: 'loop',
    variants: [
      ['loop', 'loop.mjs', 'call-soon-chain'],
      ['setImmediate', 'node.mjs', 'call-soon-chain:setImmediate'],
      ['asyncio', 'python', 'call-soon-chain'],
      ['uvloop', 'uvloop', 'call-soon-chain'],
    ],
  },
  'tasks-sleep-0': {
    title: '10,000 tasks that each await sleep(0), gathered; per task',
    base: 'loop, generators',
    variants: [
      ['loop, generators', 'loop.mjs', 'tasks-sleep-0:generator'],
      ['loop, async functions', 'loop.mjs', 'tasks-sleep-0:async'],
      ['Node, own immediates', 'node.mjs', 'tasks-sleep-0:own-immediates'],
      ['Node, one shared immediate', 'node.mjs', 'tasks-sleep-0:shared-immediate'],
      ['asyncio', 'python', 'tasks-sleep-0'],
      ['uvloop', 'uvloop', 'tasks-sleep-0'],
    ],
  },
  switch: {
    title: 'two tasks that wake each other through futures; per switch',
    base: 'loop, generators',
    variants: [
      ['loop, generators', 'loop.mjs', 'switch:generator'],
      ['loop, async functions', 'loop.mjs', 'switch:async'],
      ['Node promises, no loop', 'node.mjs', 'switch:promises'],
      ['asyncio', 'python', 'switch'],
      ['uvloop', 'uvloop', 'switch'],
    ],
  },
  'timers-cancelled': {
    title: 'a million callLater of 1-100 s, then cancelled; per timer',
    base: 'loop',
    variants: [
      ['loop', 'loop.mjs', 'timers-cancelled'],
      ['setTimeout', 'node.mjs', 'timers-cancelled'],
      ['asyncio', 'python', 'timers-cancelled'],
      ['uvloop', 'uvloop', 'timers-cancelled'],
    ],
  },
  'timers-half-fired': {
    title: 'a million callLater of 0-100 ms, half cancelled, half fired; per timer',
    base: 'loop',
    variants: [
      ['loop', 'loop.mjs', 'timers-half-fired'],
      ['setTimeout', 'node.mjs', 'timers-half-fired'],
      ['asyncio', 'python', 'timers-half-fired'],
      ['uvloop', 'uvloop', 'timers-half-fired'],
    ],
  },
  queue: {
    title: 'first-in first-out queue: fill with 1,000, drain; per item',
    base: 'ReadyQueue',
    variants: [
      ['ReadyQueue', 'queues.mjs', 'queue:ReadyQueue'],
      ['denque', 'queues.mjs', 'queue:denque'],
      ['yocto-queue', 'queues.mjs', 'queue:yocto-queue'],
      ['fastq', 'queues.mjs', 'queue:fastq'],
    ],
  },
  heap: {
    title: 'timer queue: insert a million, cancel half, take the rest in order; per timer',
    base: 'TimerHeap',
    variants: [
      ['TimerHeap', 'heaps.mjs', 'heap:TimerHeap'],
      ['tinyqueue', 'heaps.mjs', 'heap:tinyqueue'],
      ['heap-js', 'heaps.mjs', 'heap:heap-js'],
    ],
  },
}

const wanted = positionals.length > 0 ? positionals : Object.keys(plan)
const report = { machine: machine(), rounds: Number(values.rounds), results: [] }
console.log(`${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}; medians of ${values.rounds} rounds`)
for (const name of wanted) {
  const scenario = plan[name]
  if (scenario === undefined) throw new Error(`no scenario ${name}; there are ${Object.keys(plan).join(', ')}`)
  const contenders = scenario.variants.map(([contender, script, variant]) => ({
    name: contender,
    command: () => commandOf(script, variant),
  }))
  const [result] = await compare({
    scenarios: [{ name, title: scenario.title, base: scenario.base }],
    contenders,
    rounds: report.rounds,
  })
  report.results.push(result)
  console.log(`\n${formatTable(result)}`)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)

function commandOf(script, variant) {
  if (script === 'python') return [python ?? 'python3', file('asyncio_contender.py'), 'asyncio', variant]
  if (script === 'uvloop') return [pythonWithUvloop ?? 'python3', file('asyncio_contender.py'), 'uvloop', variant]
  return node(script, variant)
}

function findPython(fits) {
  return ['python3', '/usr/bin/python3'].find(
    (program) => (program === 'python3' || existsSync(program)) && spawnSync(program, ['--version']).status === 0 && fits(program),
  )
}
