// This store and pg-boss alone, with the same work: as many instances and jobs a second as asked for, 200 ms each.
//   node beside-plain.mjs URL ours|plain [instances] [jobs] [seconds]
// Prints how many occurrences were run, and how late they began.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const [url, kind, instances = '10', jobs = '100', seconds = '20', role, begin] = process.argv.slice(2)
const WORK_MS = 200
/** Until every instance has registered its jobs. */
const UP_MS = 20_000
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const late = (at) => process.send(Date.now() - at)

/** Each job is a pg-boss job, sent at its second by the first instance. */
async function plain(number) {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({ connectionString: url, max: 4, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue('plain').catch(() => {})
  process.send('ready')
  const [start] = await once(process, 'message')
  await boss.work('plain', { batchSize: 10, pollingIntervalSeconds: 0.5 }, async (batch) => {
    await Promise.all(
      batch.map(async ({ data }) => {
        late(data.at)
        await pause(WORK_MS)
      }),
    )
  })
  for (let at = start; at < start + seconds * 1000; at += 1000) {
    await pause(at - Date.now())
    if (number === 0)
      await boss.insert(
        'plain',
        Array.from({ length: Number(jobs) }, () => ({ data: { at } })),
      )
  }
  await pause(5000)
  await boss.stop({ graceful: false })
}

/** Each job is a recurring one, registered by every instance. */
async function ours() {
  const { run, sleep, getRunningLoop } = await import('@loop/core')
  const { AsyncScheduler } = await import('@loop/scheduler')
  const { PgBossStore } = await import('@loop/scheduler-pgboss')
  await run(async () => {
    const scheduler = new AsyncScheduler({
      store: new PgBossStore({ connection: { connectionString: url, max: 4 } }),
      closeTimeout: 2000,
    })
    scheduler.on('storeError', () => {})
    const start = Number(begin)
    for (let i = 0; i < Number(jobs); i++) {
      scheduler.recurring(
        `job-${i}`,
        async ({ scheduledFor }) => {
          late(scheduledFor.getTime())
          await sleep(WORK_MS)
        },
        { every: 1000, start: new Date(start), end: new Date(start + seconds * 1000) },
      )
    }
    await scheduler.ready()
    if (Date.now() > start) throw new Error('the jobs were registered too late: give fewer, or make UP_MS longer')
    process.send('ready')
    await getRunningLoop().wrap(once(process, 'message'))
    await sleep(start + seconds * 1000 + 5000 - Date.now())
    await scheduler.close()
  })
}

if (role !== undefined) {
  await (kind === 'plain' ? plain(Number(role)) : ours())
  process.exit(0)
}
const lateness = []
const due = String(Math.ceil(Date.now() / 1000) * 1000 + UP_MS)
const children = Array.from({ length: Number(instances) }, (_, i) =>
  spawn(
    process.execPath,
    ['--no-warnings', fileURLToPath(import.meta.url), url, kind, instances, jobs, seconds, String(i), due],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  ),
)
await Promise.all(
  children.map(
    (child) =>
      new Promise((resolve) => {
        child.on('message', (message) => (message === 'ready' ? resolve() : lateness.push(message)))
      }),
  ),
)
const start = Math.ceil(Date.now() / 1000) * 1000 + 2000
for (const child of children) child.send(start)
await Promise.all(children.map((child) => once(child, 'exit')))
lateness.sort((a, b) => a - b)
const rank = (share) => lateness[Math.min(lateness.length - 1, Math.floor(lateness.length * share))]
console.log(
  JSON.stringify({
    kind,
    instances,
    jobs,
    seconds,
    runs: lateness.length,
    of: jobs * seconds,
    p50: rank(0.5),
    p99: rank(0.99),
    max: rank(1),
  }),
)
