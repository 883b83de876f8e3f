// Fastify and a worker without an end, ended together: requests are answered, the worker hears of it by a signal.
import { currentTask, Event, getRunningLoop, gracefulShutdown, nativeLoop, run, sleep } from '@loop/runtime'
import Fastify from 'fastify'

await run(
  async () => {
    const loop = getRunningLoop()
    const shutdown = gracefulShutdown({ timeout: 5_000 })
    const app = Fastify()
    const arrived = new Event()
    app.get('/slow', async () => {
      arrived.set()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { answer: 42 }
    })
    shutdown.add(app)
    const address = await loop.wrap(app.listen({ port: 0, host: '127.0.0.1' }))

    // It polls for ever: the beginning of the shutdown cancels it.
    loop.createTask(
      async () => {
        try {
          while (true) await sleep(10)
        } finally {
          console.log('the worker ended:', currentTask()?.signal.aborted)
        }
      },
      { signal: shutdown.signal },
    )

    const asked = fetch(`${address}/slow`).then((response) => response.json())
    await arrived.wait()
    if (process.platform === 'win32') shutdown.request()
    else process.kill(process.pid, 'SIGTERM')
    const report = await shutdown.wait()
    console.log('the request got', await asked)
    console.log('ended in phase', report.phase, 'with', report.unfinished.length, 'left over')
  },
  { loopFactory: nativeLoop },
)

/* Prints:
the worker ended: true
the request got { answer: 42 }
ended in phase done with 0 left over
*/
