import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { mistake } from './tooling/mutants/mistake.mjs'
import { workerSourceVite } from './packages/executor/worker-source.mjs'

/** Where some tests cannot hold; they are skipped by name, with a reason. */
const special = process.platform === 'win32' || process.env.LOOP_PLATFORM !== undefined
const skipByName = fileURLToPath(new URL('tooling/platforms/skip-by-name.mjs', import.meta.url))

/** The settings every package's tests share: sources are imported, never builds. */
export default defineConfig({
  // The programs of the executor's workers are strings made of modules; npm run mutants makes mistakes in sources.
  plugins: [mistake(), workerSourceVite()],
  resolve: { conditions: ['@loop/source'] },
  ssr: { resolve: { conditions: ['@loop/source'], externalConditions: ['@loop/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: special ? [skipByName] : [],
  },
})
