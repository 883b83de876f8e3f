/** Milliseconds of processor time that a second of an idle loop costs: idle.mjs bare|monitor|watchdog POINT */
import { run, sleep } from '@loop/core'
import { LoopMonitor } from '@loop/monitor'
import { pointGiven } from '@loop/bench-kit/worker'

const { seconds } = pointGiven()

const variants = { bare: null, monitor: { threshold: 200 }, watchdog: { threshold: 200, stacks: true } }
const options = variants[process.argv[2]]

await run(async () => {
  const monitor = options === null ? null : new LoopMonitor(options).start()
  await sleep(500)
  const before = process.cpuUsage()
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ ms: (user + system) / 1000 / seconds }))
  monitor?.stop()
})
