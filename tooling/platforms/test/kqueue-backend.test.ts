import { expect, test } from 'vitest'
import { kqueue, prepareKqueue } from '../kqueue.mjs'
import { has } from '../needs.mjs'
import { runSuite } from '../suites.mjs'

// The part of `npm run test:platforms kqueue` that takes seconds; macOS itself has the whole suite.
test.skipIf(process.platform !== 'linux' || !has(process.env.CC ?? 'cc'))(
  'the kqueue backend keeps the contract of selectors, over the stand-in',
  { timeout: 180_000 },
  async () => {
    prepareKqueue()
    const { passed, skipped, failed } = await runSuite(kqueue(), 'selector-native', [
      'contract.test',
      'raw-descriptors.test',
    ])
    expect({ skipped, failed }).toEqual({ skipped: [], failed: [] })
    expect(passed).toBeGreaterThan(50)
  },
)
