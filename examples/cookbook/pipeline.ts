// A pipeline in stages: queues with a limit hold the fast ones back, and the end runs through from the first to the last.
import { deterministicLoop, getRunningLoop, Queue, QueueShutDown, run, sleep, taskGroup } from '@loop/runtime'

/** `workers` tasks that take from one queue and put into the next; the last to end shuts the next one down. */
async function stage<A, B>(
  workers: number,
  from: Queue<A>,
  to: Queue<B>,
  work: (item: A) => Promise<B>,
): Promise<void> {
  await taskGroup(async (group) => {
    for (let i = 0; i < workers; i++) {
      group.createTask(async () => {
        try {
          for (;;) await to.put(await work(await from.get()))
        } catch (error) {
          if (!(error instanceof QueueShutDown)) throw error // nothing more will come
        }
      })
    }
  })
  to.shutdown() // what is in it is still taken
}

await run(
  async () => {
    const loop = getRunningLoop()
    const names = new Queue<string>(2)
    const pages = new Queue<string>(2)
    const sizes = new Queue<number>()
    let most = 0
    await taskGroup(async (group) => {
      group.createTask(async () => {
        for (let i = 1; i <= 10; i++) {
          await names.put(`page ${i}`)
          most = Math.max(most, names.qsize())
        }
        names.shutdown()
      })
      const load = async (name: string) => {
        await sleep(100)
        return name.padEnd(20, '.')
      }
      const measure = async (page: string) => {
        await sleep(10)
        return page.length
      }
      group.createTask(() => stage(4, names, pages, load))
      group.createTask(() => stage(1, pages, sizes, measure))
    })
    console.log('measured', sizes.qsize(), 'pages after', loop.time(), 'ms')
    console.log('waiting at most', most)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
measured 10 pages after 320 ms
waiting at most 2
*/
