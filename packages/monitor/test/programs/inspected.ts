/**
 * Lets itself be inspected: a main task that waits for a group of two, one of which waits for the other; ends on
 * SIGTERM.
 */
import { EventLoop, getRunningLoop, run, sleep, taskGroup } from '@loop/core'
import { inspectable } from '../../src/index.ts'

process.on('SIGTERM', () => process.exit(0))

async function main(): Promise<void> {
  using asked = inspectable()
  await taskGroup(async (group) => {
    const download = group.createTask(
      async function fetchPage() {
        await sleep(60_000)
      },
      { name: 'download' },
    )
    group.createTask(
      async function parsePage() {
        await download
      },
      { name: 'parse' },
    )
    getRunningLoop().callLater(10, () => console.log(asked.address))
    getRunningLoop().callLater(20, () => {
      console.log('ready')
      const until = performance.now() + Number(process.argv[2] ?? 0)
      while (performance.now() < until);
    })
  })
}

await run(main, { loopFactory: () => new EventLoop({ debug: true, slowCallbackMs: Infinity }) })
