import { getRunningLoop, run, sleep } from '@loop/core'
import { DeterministicLoop, deterministicLoop } from '@loop/policy'

await run(
  async () => {
    const { clock } = getRunningLoop() as DeterministicLoop
    for (let day = 1; day <= 365; day++) await sleep(24 * 60 * 60 * 1000)
    console.log('a year later:', clock.wallTime().toISOString())
  },
  { loopFactory: deterministicLoop({ start: '2025-01-01T03:00:00Z' }) },
)
