/** Programs to begin with. */
export const programs: readonly { readonly title: string; readonly code: string }[] = [
  {
    title: 'A turn of the loop',
    code: `import { run, sleep, getRunningLoop } from '@loop/core'

await run(async function main() {
  const loop = getRunningLoop()
  loop.callSoon(function first() { console.log('first: ready in the next turn') })
  loop.callLater(20, function late() { console.log('late: a timer of 20 ms') })
  const worker = loop.createTask(async () => {
    for (let i = 1; i <= 3; i++) {
      console.log('worker, step', i)
      await sleep(0)
    }
  }, { name: 'worker' })
  await worker
  await sleep(30)
  console.log('main ends')
})
`,
  },
  {
    title: 'Cancel, with clean-up',
    code: `import { run, sleep, taskGroup } from '@loop/core'

async function download(name, ms) {
  try {
    await sleep(ms)
    if (name === 'broken') throw new Error('404')
    console.log(name, 'is there')
  } finally {
    await sleep(5)
    console.log(name, 'is closed')
  }
}

await run(async () => {
  try {
    await taskGroup(async (group) => {
      group.createTask(() => download('quick', 10), { name: 'quick' })
      group.createTask(() => download('broken', 20), { name: 'broken' })
      group.createTask(() => download('slow', 60000), { name: 'slow' })
    })
  } catch (error) {
    console.log('the group ended:', String(error.errors[0]))
  }
})
`,
  },
  {
    title: 'Six hours in virtual time',
    code: `import { run, sleep } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { AsyncScheduler } from '@loop/scheduler'

await run(async () => {
  await using_(new AsyncScheduler(), async (scheduler) => {
    scheduler.recurring('new hour', ({ scheduledFor }) => {
      console.log(scheduledFor.toISOString().slice(11, 16))
    }, { cron: '0 * * * *', timeZone: 'Europe/London' })
    await sleep(6 * 3600 * 1000)
  })
}, { loopFactory: deterministicLoop({ start: '2025-01-01T00:00:00Z' }) })

async function using_(resource, body) {
  try { await body(resource) } finally { await resource.close() }
}
`,
  },
  {
    title: 'Find the race',
    code: `import { gather, sleep } from '@loop/core'
import { explore } from '@loop/policy'

try {
  await explore(async () => {
    let balance = 100
    const change = async (by) => {
      const before = balance
      await sleep(10)          // the database
      balance = before + by
    }
    const late = async () => { await sleep(10); await change(-30) }
    await gather([() => change(50), late])
    if (balance !== 120) throw new Error('the balance is ' + balance)
  })
} catch (error) {
  console.log(error.message.split('\\n')[0])
}
`,
  },
  {
    title: 'A queue with back-pressure',
    code: `import { run, sleep, taskGroup } from '@loop/core'
import { Queue } from '@loop/sync'

await run(() => taskGroup(async (group) => {
  const queue = new Queue(2)
  group.createTask(async () => {
    for (let i = 1; i <= 5; i++) {
      await queue.put(i)
      console.log('put', i, '-', queue.qsize(), 'wait')
    }
  }, { name: 'producer' })
  group.createTask(async () => {
    for (let i = 1; i <= 5; i++) {
      await sleep(10)
      console.log('got', await queue.get())
    }
  }, { name: 'consumer' })
}))
`,
  },
]
