import process from 'node:process'
import { expect, test } from 'vitest'
import { twoSchedulers } from './programs/two-schedulers.ts'

/** So many fit into the everyday tests; `npm run pnpm -- --filter @loop/simulation test:seeds` runs ten thousand. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 200)
/** A run takes some 40 ms on a quiet machine; the limit is for hanging ones on a busy one. */
const LIMIT_MS = SEEDS * 1000

test(`net and scheduler hold under ${SEEDS} seeds of faults`, { timeout: LIMIT_MS }, async () => {
  // Another night, other seeds.
  const seed = SEEDS > 200 ? 1 + Math.floor(Date.now() / 86_400_000) * SEEDS : 1
  const { value, runs } = await twoSchedulers({ seed: seed % 2 ** 31, runs: SEEDS })
  if (process.env['LOOP_SEED'] === undefined) expect(runs).toBe(SEEDS)
  expect(value).toBeGreaterThan(0)
})
