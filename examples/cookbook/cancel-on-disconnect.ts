// A request whose client hangs up: its task is cancelled, with everything it had begun, and its clean-up runs.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Event, gather, getRunningLoop, run, sleep, taskGroup } from '@loop/runtime'

await run(async () => {
  const loop = getRunningLoop()
  const log: string[] = []
  const begun = new Event()
  const over = new Event()

  const query = async (name: string) => {
    try {
      if (name === 'b') begun.set()
      await sleep(60_000) // a database
    } finally {
      log.push(`query ${name} was cancelled`)
    }
  }
  const report = async () => {
    try {
      await gather([() => query('a'), () => query('b')])
    } finally {
      await sleep(10) // gives the connection back
      log.push('the request cleaned up')
      over.set()
    }
  }
  const server = createServer((_request, response) => {
    const task = loop.createTask(report)
    response.on('close', () => task.cancel('the client has gone'))
  })
  await loop.wrap(new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))

  const { port } = server.address() as AddressInfo
  await taskGroup(async (group) => {
    const client = group.createTask(() => loop.wrap((signal) => fetch(`http://127.0.0.1:${port}/`, { signal })))
    await begun.wait()
    client.cancel() // the connection is closed
  })
  await over.wait()
  for (const line of log) console.log(line)
  server.close()
})

/* Prints:
query a was cancelled
query b was cancelled
the request cleaned up
*/
