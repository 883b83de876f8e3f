// Simulated hosts on the built packages: the same seeds give the same traces here as on every other runtime. The traces
// are recorded beside this file; after a change that is meant to change them, run it with --record.

import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { threeHosts } from '../../../packages/simulation/test/programs/three-hosts.mjs'
import { report, same } from './report.mjs'

const file = new URL('./simulation-traces.json', import.meta.url)
const SEEDS = 20

/** What stands for the traces of the first seeds. */
async function hashes() {
  const found = []
  for (let seed = 1; seed <= SEEDS; seed++) found.push((await threeHosts(seed)).hash)
  return found
}

if (process.argv.includes('--record')) {
  writeFileSync(file, `${JSON.stringify(await hashes(), null, 2)}\n`)
} else {
  const recorded = JSON.parse(readFileSync(file, 'utf8'))
  await report(`${SEEDS} seeds of three simulated hosts have the traces of all runtimes`, async () => {
    same(await hashes(), recorded)
  })
  await report('seeds run twice have the same traces', () => threeHosts(100, { runs: 10, check: 'twice' }))
}
