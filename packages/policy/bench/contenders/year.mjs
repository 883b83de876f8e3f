/** A year of a daily timer, by the deterministic loop's clock: real milliseconds. Arguments: POINT. */
import { run, sleep } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { pointGiven } from '@loop/bench-kit/worker'

const DAY = 86_400_000
const { days } = pointGiven()
const began = performance.now()
let woken = 0
await run(
  async () => {
    for (let day = 0; day < days; day++) {
      await sleep(DAY)
      woken++
    }
  },
  { loopFactory: deterministicLoop({ start: '2025-01-01T03:00:00Z' }) },
)
if (woken !== days) throw new Error(`woke ${woken} times instead of ${days}`)
console.log(JSON.stringify({ ms: performance.now() - began }))
