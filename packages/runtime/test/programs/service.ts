/**
 * A service under work: requests of node:http and of @loop/net, jobs, a pool; with 'hang' it never finishes its start.
 * Tells its ports, and in the end how many of each were done and what the report says.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServer } from '@loop/net/streams'
import {
  AsyncScheduler,
  getRunningLoop,
  gracefulShutdown,
  nativeLoop,
  run,
  sleep,
  ThreadPoolExecutor,
} from '../../src/index.ts'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const [, , mode = ''] = process.argv

await run(
  async function main() {
    const loop = getRunningLoop()
    const shutdown = gracefulShutdown({ timeout: 8000 })
    let jobs = 0
    let begun = 0
    const begin = (): void => {
      if (++begun === 120) print('all begun')
    }

    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const scheduler = new AsyncScheduler()
    const http = createServer((_request, response) => {
      begin()
      loop.createTask(async () => {
        await sleep(600)
        response.end('answer')
      })
    })
    const lines = await startServer(
      async (reader, writer) => {
        await reader.readLine()
        begin()
        await sleep(600)
        writer.write(Buffer.from('answer\n'))
        writer.close()
      },
      { host: '127.0.0.1', port: 0 },
    )
    await loop.wrap(new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening)))
    shutdown.add(pool).add(scheduler).add(http).add(lines)
    shutdown.close(() => {
      print(`${jobs} jobs`)
    })
    for (let job = 0; job < 20; job++) {
      scheduler.once(
        `job ${job}`,
        async () => {
          begin()
          await sleep(500)
          jobs++
        },
        { delay: 200 },
      )
    }
    print(`ports ${(http.address() as AddressInfo).port} ${lines.port}`)
    if (mode === 'hang') await sleep(60_000)
    const { phase, errors, cancelled } = await shutdown.wait()
    print(`${phase} ${errors.length} ${cancelled.length}`)
  },
  { loopFactory: nativeLoop },
)
