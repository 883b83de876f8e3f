#!/usr/bin/env node
// Runs the soak of @loop/net for so many seconds in all, each family and TLS for its share: npm run test:soak [seconds]
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
console.log(`soak of ${seconds} s; LOOP_SOAK_SEED=${seed} repeats it`)
const { status } = spawnSync('pnpm', ['--filter', '@loop/net', 'exec', 'vitest', 'run', 'test/soak.test.ts'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, LOOP_SOAK_SECONDS: String(Math.ceil(seconds / SHARES)), LOOP_SOAK_SEED: seed },
})
process.exit(status ?? 1)
