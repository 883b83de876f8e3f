/**
 * The monitor's benchmark: `pnpm --filter @loop/monitor bench [--processes 5] [--json file]`. It builds and runs the packages.
 * Ratios are taken within a round of one process, and their median is over all rounds of all processes.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, median } from '@loop/bench-kit'

const { values } = parseArgs({ options: { processes: { type: 'string', default: '5' }, json: { type: 'string' } } })
const processes = Number(values.processes)

const output = (name, ...args) =>
  JSON.parse(execFileSync(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), ...args], { encoding: 'utf8' }))

const report = { machine: machine(), overhead: {}, idle: {} }
// Run times have processes of their own: they take the observed turn, and would keep the JIT from what programs without them get.
const runs = Array.from({ length: processes }, () => ({
  ...output('overhead.mjs', 'monitor with run times'),
  ...output('overhead.mjs', 'monitor', 'monitor and watchdog'),
}))
const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1).padStart(6)} %`

console.log(`${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}; ${processes} processes of ${runs[0]['bare loop'].ratios.length} rounds`)
console.log('\ncallSoon: schedule and run, batches of 100,000 (ns a call; cost against the bare loop, with the middle half; against the monitor)')
for (const name of Object.keys(runs[0])) {
  const ratios = runs.flatMap((run) => run[name].ratios).sort((a, b) => a - b)
  const quarter = (part) => ratios[Math.floor((ratios.length - 1) * part)]
  const entry = {
    ns: median(runs.map((run) => run[name].ns)),
    cost: median(ratios),
    middleHalf: [quarter(0.25), quarter(0.75)],
    costToMonitor: median(runs.flatMap((run) => run[name].toMonitor)),
  }
  report.overhead[name] = entry
  console.log(`  ${name.padEnd(24)} ${entry.ns.toFixed(1).padStart(8)}  ${percent(entry.cost)} (${percent(entry.middleHalf[0]).trim()} to ${percent(entry.middleHalf[1]).trim()})  ${percent(entry.costToMonitor)}`)
}

console.log('\nan idle loop: processor time a second (ms)')
for (const name of ['bare', 'monitor', 'watchdog']) {
  report.idle[name] = median(Array.from({ length: 3 }, () => output('idle.mjs', name).value))
  console.log(`  ${name.padEnd(24)} ${report.idle[name].toFixed(2).padStart(8)}`)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
