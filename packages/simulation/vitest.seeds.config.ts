import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// What takes minutes: thousands of seeds of our own packages under faults.
export default mergeConfig(shared, {
  test: { include: ['test/own-stack.test.ts'], env: { SIMULATION_SEEDS: '10000' } },
})
