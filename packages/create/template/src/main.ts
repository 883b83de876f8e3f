import { gracefulShutdown, nativeLoop, run } from '@loop/runtime'
import { startService } from './service.ts'

const { HOST = '127.0.0.1', PORT = '8080' } = process.env

await run(
  async () => {
    // Below the 10 seconds that Docker waits, so that the last phase is reached.
    const shutdown = gracefulShutdown({ timeout: 8_000, logger: console })
    const { server, scheduler, pool, url } = await startService({ host: HOST, port: Number(PORT) })
    shutdown.add(pool).add(scheduler).add(server)
    console.log(`listening at ${url}, Ctrl+C to stop`)
    await shutdown.wait()
  },
  { loopFactory: nativeLoop },
)
