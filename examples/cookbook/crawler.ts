// A crawler: three pages at a time, each with a deadline, and an end when every page has been seen.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRunningLoop, Queue, QueueShutDown, run, taskGroup, timeout, TimeoutError } from '@loop/runtime'

/** The site: pages and their links; one hangs. */
const links: Record<string, string[]> = { '/': ['/a', '/b'], '/a': ['/c', '/slow'], '/b': ['/c', '/'], '/c': [] }
const site = createServer((request, response) => {
  const { url = '' } = request
  if (url !== '/slow') response.setHeader('connection', 'close').end(JSON.stringify(links[url] ?? []))
})

await run(async () => {
  await getRunningLoop().wrap(new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve)))
  const address = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const queue = new Queue<string>()
  const found = new Map<string, string>()

  const visit = (path: string) => {
    if (found.has(path)) return
    found.set(path, 'waiting')
    queue.putNowait(path)
  }
  const load = async (path: string): Promise<string> => {
    try {
      const next = await timeout(1_000, async ({ signal }) => {
        const response = await fetch(address + path, { signal })
        return (await response.json()) as string[]
      })
      next.forEach(visit)
      return `${next.length} links`
    } catch (error) {
      if (error instanceof TimeoutError) return 'took too long'
      throw error
    }
  }
  const worker = async () => {
    for (;;) {
      const path = await queue.get()
      found.set(path, await load(path))
      queue.taskDone()
    }
  }

  await taskGroup(async (group) => {
    for (let i = 0; i < 3; i++) {
      group.createTask(async () => {
        try {
          await worker()
        } catch (error) {
          if (!(error instanceof QueueShutDown)) throw error // the end of the work
        }
      })
    }
    visit('/')
    await queue.join() // every page that was put has been done
    queue.shutdown()
  })
  for (const path of [...found.keys()].sort()) console.log(path, found.get(path))
  site.close()
  site.closeAllConnections()
})

/* Prints:
/ 2 links
/a 2 links
/b 2 links
/c 0 links
/slow took too long
*/
