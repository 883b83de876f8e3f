/** Milliseconds of processor time that a second of an idle loop costs, without a monitor and with one. */
import { run, sleep } from '@loop/core'
import { LoopMonitor } from '@loop/monitor'

const SECONDS = 3

const variants = { bare: null, monitor: { threshold: 200 }, watchdog: { threshold: 200, stacks: true } }
const options = variants[process.argv[2] ?? 'bare']

await run(async () => {
  const monitor = options === null ? null : new LoopMonitor(options).start()
  await sleep(500)
  const before = process.cpuUsage()
  await sleep(SECONDS * 1000)
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ value: (user + system) / 1000 / SECONDS }))
  monitor?.stop()
})
