import { defineConfig } from 'vitest/config'

/** The settings every package's tests share: sources are imported, never builds. */
export default defineConfig({
  resolve: { conditions: ['@loop/source'] },
  ssr: { resolve: { conditions: ['@loop/source'], externalConditions: ['@loop/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
