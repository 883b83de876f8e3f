// Two schedulers share a job; the one that runs it crashes, and the other takes over when the lease has lapsed.
import { sleep } from '@loop/core'
import { AsyncScheduler } from '@loop/scheduler'
import type { Host } from '@loop/simulation'
import { simulate } from '@loop/simulation'
import { JobClient, serveJobs } from '@loop/simulation/jobs'

const lines: string[] = []
/** The host that runs the report. */
let running = ''

/** Plans the report, and runs it when it is its turn. */
async function worker(host: Host): Promise<void> {
  await using scheduler = new AsyncScheduler({ store: new JobClient({ host: 'jobs', port: 7000, leaseMs: 3000 }) })
  scheduler.once(
    'report',
    async ({ attempt }) => {
      lines.push(`${running === '' ? 'one' : 'the other'} begins the report, attempt ${attempt}`)
      running = host.name
      await sleep(2000)
      lines.push('the report is there')
    },
    { delay: 1000 },
  )
  await sleep(Infinity)
}

const { time } = await simulate(async (world) => {
  world.host('jobs', serveJobs({ port: 7000, leaseMs: 3000 }))
  world.host('first', worker)
  world.host('second', worker)
  await sleep(2000)
  lines.push('it crashes')
  world.crash(running)
  await sleep(10_000)
})
for (const line of lines) console.log(line)
console.log(`${time} ms of virtual time`)

/* Prints:
one begins the report, attempt 1
it crashes
the other begins the report, attempt 2
the report is there
12000 ms of virtual time
*/
