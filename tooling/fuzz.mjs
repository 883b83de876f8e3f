#!/usr/bin/env node
// New random programs of reads of a stream against CPython, where the everyday tests replay recorded ones and try a few new:
// npm run fuzz [-- programs]
import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Programs of one run. */
const PROGRAMS = 20_000

const programs = Number(process.argv[2] ?? PROGRAMS)
if (!(Number.isInteger(programs) && programs > 0)) {
  console.error('usage: npm run fuzz -- [programs]')
  process.exit(2)
}
const seed = process.env.LOOP_FUZZ_SEED ?? String(Date.now() % 1_000_000)
console.log(`${programs} programs; LOOP_FUZZ_SEED=${seed} repeats them`)
const { status } = spawnSync('vitest', ['run', 'stream-fuzz', '--disable-console-intercept'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, LOOP_FUZZ_PROGRAMS: String(programs), LOOP_FUZZ_SEED: seed },
})
process.exit(status ?? 1)
