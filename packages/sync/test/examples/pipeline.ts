import { run, sleep, taskGroup } from '@loop/core'
import { Lock, Queue, QueueShutDown } from '@loop/sync'

await run(async () => {
  const jobs = new Queue<string>(2) // put() waits while two jobs are waiting
  const printer = new Lock()

  async function worker(name: string) {
    for (;;) {
      const job = await jobs.get()
      await sleep(10)
      await printer.with(async () => {
        console.log(name, 'did', job)
      })
    }
  }

  await taskGroup(async (group) => {
    for (const name of ['anna', 'ben']) {
      group.createTask(() =>
        worker(name).catch((error: unknown) => {
          if (!(error instanceof QueueShutDown)) throw error
        }),
      )
    }
    for (const job of ['wash', 'dry', 'iron']) await jobs.put(job)
    jobs.shutdown() // workers finish what is left
  })
})
