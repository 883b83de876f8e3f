/**
 * Side-by-side benchmarks: contenders × scenarios, each pair in a process of its own (what one contender does to the JIT
 * or the heap must not reach another), in rounds that interleave the contenders (so that a noisy minute hits all of them).
 *
 * A worker prints one line of JSON: {"value": nanoseconds per operation, "rss": peak bytes}. It may repeat and report its own
 * median; the rounds here are on top.
 */
import { spawn } from 'node:child_process'
import os from 'node:os'
import process from 'node:process'

/**
 * @typedef {{ name: string, command: (scenario: string) => string[] | null }} Contender command gives program and arguments, or null when it does not take part
 * @typedef {{ name: string, title: string, unit?: string, base: string }} Scenario base is the contender that ratios are given for
 * @typedef {{ contender: string, median: number, min: number, max: number, rss: number, missing?: string }} Row
 */

/**
 * Runs everything and gives the rows of each scenario.
 * @param {{ scenarios: Scenario[], contenders: Contender[], rounds: number, log?: (line: string) => void }} plan
 */
export async function compare({ scenarios, contenders, rounds, log = () => {} }) {
  /** @type {{ scenario: Scenario, rows: Row[] }[]} */
  const results = []
  for (const scenario of scenarios) {
    const taking = contenders
      .map((contender) => ({ contender, command: contender.command(scenario.name) }))
      .filter(({ command }) => command !== null)
    const samples = new Map(taking.map(({ contender }) => [contender.name, /** @type {{value: number, rss: number}[]} */ ([])]))
    const missing = new Map()
    for (let round = 0; round < rounds; round++) {
      for (const { contender, command } of rotate(taking, round)) {
        if (missing.has(contender.name)) continue
        log(`${scenario.name} ${round + 1}/${rounds} ${contender.name}`)
        try {
          samples.get(contender.name)?.push(await runWorker(/** @type {string[]} */ (command)))
        } catch (error) {
          missing.set(contender.name, /** @type {Error} */ (error).message)
        }
      }
    }
    results.push({
      scenario,
      rows: taking.map(({ contender }) => row(contender.name, samples.get(contender.name) ?? [], missing.get(contender.name))),
    })
  }
  return results
}

/** A table of one scenario's rows: median, spread, peak memory, and how many times longer than the base each takes. */
export function formatTable({ scenario, rows }) {
  const base = rows.find((row) => row.contender === scenario.base)
  const lines = [`${scenario.title} (${scenario.unit ?? 'ns/op'})`]
  for (const row of rows) {
    if (row.missing !== undefined) {
      lines.push(`  ${row.contender.padEnd(28)} not measured: ${row.missing}`)
      continue
    }
    const ratio = base === undefined || base.missing !== undefined ? '' : `${(row.median / base.median).toFixed(2)} x`
    const spread = `${row.min.toFixed(0)}-${row.max.toFixed(0)}`
    const memory = row.rss > 0 ? `${(row.rss / 1e6).toFixed(0)} MB` : ''
    lines.push(`  ${row.contender.padEnd(28)} ${row.median.toFixed(0).padStart(9)}  ${spread.padStart(15)}  ${ratio.padStart(9)}  ${memory}`)
  }
  return lines.join('\n')
}

/** What the figures were measured on. */
export function machine() {
  const [cpu] = os.cpus()
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function row(contender, samples, missing) {
  if (missing !== undefined || samples.length === 0) {
    return { contender, median: NaN, min: NaN, max: NaN, rss: 0, missing: missing ?? 'no sample' }
  }
  const values = samples.map(({ value }) => value)
  return {
    contender,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    rss: median(samples.map(({ rss }) => rss)),
  }
}

/** Another contender begins each round. */
function rotate(list, by) {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}

/** Two minutes: the slowest worker here takes some ten seconds. */
const WORKER_LIMIT_MS = 120_000

/** @returns {Promise<{ value: number, rss: number }>} */
function runWorker([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    const limit = setTimeout(() => child.kill('SIGKILL'), WORKER_LIMIT_MS)
    child.stdout.on('data', (data) => (out += data))
    child.stderr.on('data', (data) => (err += data))
    child.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(limit)
      const line = out.trim().split('\n').at(-1) ?? ''
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line))
      else reject(new Error(err.trim().split('\n').at(-1) || `exit code ${code}`))
    })
  })
}
