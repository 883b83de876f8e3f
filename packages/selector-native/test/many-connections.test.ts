import { describe, expect, test } from 'vitest'
import { churn, descriptorCount } from './churn.ts'
import { backends, onLoop, unavailable } from './support.ts'

/** Enough to use every slot several times; `npm run test:leak` makes 100,000. */
const CONNECTIONS = Number(process.env.LOOP_CONNECTIONS ?? 5000)

describe.each(backends)('after many connections on %s', (backend) => {
  test(`no descriptor is left of ${CONNECTIONS}`, { timeout: 600_000 }, async () => {
    await onLoop(backend, async ({ loop, streams }) => {
      await churn(loop, streams, 100)
      const before = descriptorCount()
      await churn(loop, streams, CONNECTIONS)
      expect(descriptorCount()).toBe(before)
    })
  })
})

for (const { backend, reason } of unavailable) test.skip(`after many connections on ${backend} (${reason})`, () => {})
