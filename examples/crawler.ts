// Producers and consumers: a queue with a limit, three workers, at most two requests at a time, and a clean stop.
import { run, sleep, taskGroup } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { Queue, QueueShutDown, Semaphore } from '@loop/sync'

const pages: Record<string, string[]> = {
  '/': ['/docs', '/blog'],
  '/docs': ['/docs/api', '/'],
  '/blog': ['/docs'],
  '/docs/api': [],
}

await run(
  async () => {
    const queue = new Queue<string>()
    const requests = new Semaphore(2)
    const seen = new Set<string>()

    const visit = (url: string) => {
      if (seen.has(url)) return
      seen.add(url)
      queue.putNowait(url)
    }

    async function worker(): Promise<void> {
      for (;;) {
        const url = await queue.get()
        const links = await requests.with(async () => {
          await sleep(10)
          return pages[url] ?? []
        })
        console.log(url, '->', links.length)
        links.forEach(visit)
        queue.taskDone()
      }
    }

    await taskGroup(async (group) => {
      for (let i = 0; i < 3; i++) {
        group.createTask(() =>
          worker().catch((error: unknown) => {
            if (!(error instanceof QueueShutDown)) throw error
          }),
        )
      }
      visit('/')
      await queue.join() // until each page that was put has been marked done
      queue.shutdown() // wakes the workers that wait
    })
    console.log('pages:', seen.size)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
/ -> 2
/docs -> 2
/blog -> 1
/docs/api -> 0
pages: 4
*/
