/** Traces itself and exits without closing the trace. */
import { getRunningLoop, run, sleep } from '@loop/core'
import { traceTo } from '../../src/index.ts'

await run(async () => {
  traceTo(process.argv[2]!)
  getRunningLoop().callSoon(function before() {})
  await sleep(1)
  process.exit(3)
})
