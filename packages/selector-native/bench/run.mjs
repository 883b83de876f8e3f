/**
 * Measures the native selector's streams against others, and prints tables. Needs the built packages (pnpm build), a C
 * compiler, Linux; two cores for figures that mean something.
 *
 *     node bench/run.mjs [scenario ...] [--rounds 3] [--quick]
 *
 * What is installed takes part: Bun (LOOP_BENCH_BUN names another than the one in PATH), Python's asyncio and uvloop
 * (LOOP_BENCH_PYTHON), other Nodes (LOOP_BENCH_NODES="24=/path/to/node,26=/path/to/node").
 */
import { release } from 'node:os'
import { parseArgs } from 'node:util'
import { contenders } from './contenders.mjs'
import { compile } from './harness.mjs'

const SCENARIOS = ['echo', 'many-writes', 'churn', 'idle-memory', 'busy-poll']
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !SCENARIOS.includes(name))
if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}`)

const context = {
  load: compile('load.c'),
  contenders: contenders(compile),
  rounds: Number(values.rounds),
  quick: values.quick,
}
console.log(`Node ${process.version}, Linux ${release()}, medians of ${context.rounds} rounds\n`)
for (const name of positionals.length > 0 ? positionals : SCENARIOS) {
  const { run } = await import(`./scenarios/${name}.mjs`)
  for (const part of await run(context)) console.log(`${part}\n`)
}
