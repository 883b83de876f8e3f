import { defineConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

/** The minute-long test with killed processes and the year of faults, which are no part of the everyday tests. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['test/kill/minute.ts', 'test/year-of-faults.test.ts'],
    env: { LOOP_FAULT_DAYS: '365' },
    testTimeout: 180_000,
  },
})
