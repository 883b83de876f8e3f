import { expect, test } from 'vitest'
import { twoSchedulers } from './programs/two-schedulers.ts'

test('net and scheduler hold under 50 seeds of faults', async () => {
  const t = performance.now()
  const { value } = await twoSchedulers({ runs: 50 })
  console.log((performance.now() - t) / 50, 'ms')
  expect(value).toBeGreaterThan(5)
})
