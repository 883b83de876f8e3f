#!/usr/bin/env node
// Runs the soaks for so many seconds in all: npm run test:soak [seconds]
//
// Half of the time goes to everything at once (packages/runtime/test/soak.test.ts), half to connections that do everything at
// once, each family and TLS for its share (packages/net/test/soak.test.ts).
import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Ten minutes. */
const SECONDS = 600
/** Four families at most: TLS of Node on two of them, and TLS of each selector. */
const SHARES = 9

const seconds = Number(process.argv[2] ?? SECONDS)
if (!(seconds > 0)) {
  console.error('usage: npm run test:soak [seconds]')
  process.exit(2)
}
const seed = process.env.LOOP_SOAK_SEED ?? String(Date.now() % 1_000_000)
console.log(`soak of ${seconds} s; LOOP_SOAK_SEED=${seed} repeats the connections`)

/** @param {string} name @param {number} share seconds of each of its tests */
function soak(name, share) {
  const { status } = spawnSync(
    'pnpm',
    ['--filter', name, 'exec', 'vitest', 'run', 'test/soak.test.ts', '--disable-console-intercept'],
    {
      stdio: 'inherit',
      shell: process.platform === 'win32',
      env: { ...process.env, LOOP_SOAK_SECONDS: String(Math.ceil(share)), LOOP_SOAK_SEED: seed },
    },
  )
  return status === 0
}

const passed = [soak('@loop/runtime', seconds / 2), soak('@loop/net', seconds / 2 / SHARES)]
process.exit(passed.every(Boolean) ? 0 : 1)
