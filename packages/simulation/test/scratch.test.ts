import { test } from 'vitest'
import { twoSchedulers } from './programs/two-schedulers.ts'
test('x', async () => {
  const e = await twoSchedulers({ check: 'ambient', shrink: 0 }).catch((e) => e)
  console.log(e.message?.slice(0, 3000))
  const e2 = await twoSchedulers({ shrink: 0 }).catch((e) => e)
  console.log(e2.message?.slice(0, 6000))
})
