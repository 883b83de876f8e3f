import { defineConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

/** Thousands of seeds of our own packages under faults, which take minutes. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['test/own-stack.test.ts'],
    env: { SIMULATION_SEEDS: '10000' },
  },
})
