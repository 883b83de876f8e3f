// Express under load, ended by SIGTERM: every request that was accepted is answered, then the pool and the database close.
import type { AddressInfo } from 'node:net'
import { Event, getRunningLoop, gracefulShutdown, nativeLoop, run, ThreadPoolExecutor } from '@loop/runtime'
import express from 'express'

await run(
  async () => {
    const loop = getRunningLoop()
    const shutdown = gracefulShutdown({ timeout: 5_000 })
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const app = express()
    const accepted = new Event()
    let requests = 0
    app.get('/square/:n', async (request, response) => {
      if (++requests === 50) accepted.set()
      const square = await pool.run((n: number) => n * n, Number(request.params.n))
      await new Promise((resolve) => setTimeout(resolve, 50)) // Express knows nothing of the loop, and need not
      response.send(String(square))
    })
    const server = app.listen(0, '127.0.0.1')
    await loop.wrap(new Promise((resolve) => server.once('listening', resolve)))
    shutdown
      .add(pool)
      .add(server)
      .close(() => console.log('database closed'))

    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ask = async (n: number) => {
      try {
        return (await fetch(`${address}/square/${n}`)).text()
      } catch {
        return 'refused'
      }
    }
    const load = Array.from({ length: 50 }, (_, n) => ask(n))
    await accepted.wait()
    if (process.platform === 'win32') shutdown.request()
    else process.kill(process.pid, 'SIGTERM')

    const report = await shutdown.wait()
    const answers = await Promise.all(load)
    console.log('answered:', answers.filter((answer, n) => answer === String(n * n)).length)
    console.log('a new one:', await ask(1))
    console.log('ended in phase', report.phase)
  },
  { loopFactory: nativeLoop },
)

/* Prints:
database closed
answered: 50
a new one: refused
ended in phase done
*/
