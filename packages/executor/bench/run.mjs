// node bench/run.mjs [rounds] [words of a title… | goals]: every measurement in a process of its own, contenders side by
// side in each round, medians of rates and of the rounds' ratios; saves what it prints as JSON beside the goals.
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { plan, shipped } from './plan.mjs'

const execute = promisify(execFile)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const rounds = Number(process.argv[2] ?? 5)
const wanted = process.argv.slice(3).join(' ')
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** The slowest contender needs four seconds for the burst; one that hangs must not stop the rest. */
const LIMIT_MS = 10_000

const command = (contender, scenario, options) =>
  contender.startsWith('python-')
    ? ['python3', [here('./python/closed_loop.py'), JSON.stringify({ warmMs: 200, measureMs: 300, ...options, processes: contender === 'python-processes' })]]
    : [process.execPath, [here('./measure.mjs'), JSON.stringify({ contender, scenario, options })]]

const measure = async (contender, scenario, options) => {
  try {
    const { stdout } = await execute(...command(contender, scenario, options), { timeout: LIMIT_MS })
    return Number(stdout.trim().split('\n').at(-1))
  } catch (error) {
    console.error(`  ${contender}: ${error.killed ? `nothing after ${LIMIT_MS} ms` : String(error.message).split('\n')[0]}`)
    return NaN
  }
}

const compare = async ({ title, scenario, options, contenders, goals }) => {
  const rates = Object.fromEntries(contenders.map((contender) => [contender, []]))
  const ours = contenders[0]
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one: what ran before leaves its marks on the machine.
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) rates[contender].push(await measure(contender, scenario, options))
  }
  const ratio = (theirs) => median(rates[ours].map((rate, round) => rate / rates[theirs][round]).filter((value) => value > 0))
  const peers = contenders.filter((contender) => shipped.has(contender))
  const known = (contender) => median(rates[contender].filter((rate) => rate > 0))
  const best = peers.filter((peer) => known(peer) > 0).sort((a, b) => known(b) - known(a))[0]
  const rows = contenders.map((contender) => ({ contender, rate: median(rates[contender].filter((rate) => rate > 0)), ratio: ratio(contender) }))
  const verdicts = goals.map(([against, floor]) => {
    const rival = against === 'best peer' ? best : against
    return { against: rival, floor, ratio: ratio(rival), met: ratio(rival) >= floor }
  })
  print(title, rows, verdicts)
  return { title, rows, verdicts }
}

const figure = (value) => (!(value > 0) ? 'none' : value >= 1000 ? `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k` : value.toPrecision(3))

const print = (title, rows, verdicts) => {
  console.log(`\n${title}`)
  for (const { contender, rate, ratio } of rows) console.log(`  ${contender.padEnd(22)} ${figure(rate).padStart(8)}/s   ours is ${ratio.toFixed(2)} x`)
  for (const { against, floor, ratio, met } of verdicts) console.log(`  ${met ? 'met    ' : 'NOT MET'} >= ${floor} x ${against}: ${ratio.toFixed(2)}`)
}

const script = async (file) => JSON.parse((await execute(process.execPath, [here(file)], { timeout: LIMIT_MS })).stdout)

const door = async () => {
  const runs = []
  for (let round = 0; round < rounds; round++) runs.push(await script('./door.mjs'))
  const ratio = median(runs.map((run) => run.door / run.messages))
  const rows = ['door', 'messages'].map((name) => ({ contender: name, rate: median(runs.map((run) => run[name])), ratio: median(runs.map((run) => run.door / run[name])) }))
  const verdicts = [{ against: 'a postMessage per call', floor: 7, ratio, met: ratio >= 7 }]
  print(doorTitle, rows, verdicts)
  return { title: doorTitle, rows, verdicts }
}

const results = []
const chosen = ({ title, goals }) => (wanted === 'goals' ? goals.length > 0 : title.includes(wanted))
const doorTitle = 'calls from a thread into the loop'
for (const comparison of plan) if (chosen(comparison)) results.push(await compare(comparison))
if (chosen({ title: doorTitle, goals: [7] })) results.push(await door())
if (wanted === '') console.log(`\nidle after work, spinning on: ${(await script('./idle.mjs')).toFixed(3)} % of a core (goal: at most 0.1)`)
mkdirSync(here('./results'), { recursive: true })
writeFileSync(here('./results/latest.json'), `${JSON.stringify({ node: process.version, rounds, results }, null, 2)}\n`)
const missed = results.flatMap(({ title, verdicts }) => verdicts.filter(({ met }) => !met).map(({ against }) => `${title}, against ${against}`))
console.log(missed.length === 0 ? '\nevery goal met' : `\nnot met: ${missed.join('; ')}`)
