/** Is stopped from outside while a callback runs all the time, and says what its monitor made of it. */
import { spawn } from 'node:child_process'
import { getRunningLoop, run, sleep } from '@loop/core'
import type { BlockReport } from '../../src/index.ts'
import { LoopMonitor } from '../../src/index.ts'

await run(async () => {
  const loop = getRunningLoop()
  const stopped = loop.createFuture<void>()
  const reports: BlockReport[] = []
  using monitor = new LoopMonitor({
    threshold: 400,
    onBlocked(report) {
      reports.push(report)
      if (report.kind === 'stopped') stopped.setResult()
    },
  })
  monitor.start(loop)
  const innocent = (): void => {
    const until = performance.now() + 20
    while (performance.now() < until);
    if (!stopped.done()) loop.callLater(4, innocent)
  }
  loop.callSoon(innocent)
  await sleep(500)
  spawn('sh', ['-c', `kill -STOP ${process.pid}; sleep 1.5; kill -CONT ${process.pid}`], { detached: true }).unref()
  await stopped
  const names = reports.flatMap(({ name, handles }) => [name, ...handles.map((handle) => handle.name)])
  console.log(
    `${reports.filter(({ kind }) => kind === 'stopped').length} stopped, innocent named: ${names.includes('innocent')}`,
  )
})
