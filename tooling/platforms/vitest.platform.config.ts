import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// For tests that run on an emulated system; see run.mjs.
export default mergeConfig(shared, {
  test: {
    // Where links are no links the packages lie in node_modules, and are sources all the same.
    server: { deps: { inline: [/@loop[\\/]/] } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
