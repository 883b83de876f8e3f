// A service that ends well on SIGTERM: no new connections; work that would take too long is cancelled and cleans up;
// then the pool is closed.
import {
  createServer,
  getRunningLoop,
  gracefulShutdown,
  nativeLoop,
  run,
  sleep,
  ThreadPoolExecutor,
} from '@loop/runtime'

await run(
  async () => {
    const loop = getRunningLoop()
    const shutdown = gracefulShutdown({ timeout: 5_000 })

    const server = await createServer(() => ({ dataReceived() {} }), { host: '127.0.0.1', port: 0 })
    shutdown.stopAccepting(() => {
      console.log('no more connections')
      server.close()
    })
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    shutdown.close(async () => {
      await pool.shutdown()
      console.log('pool closed')
    })

    loop.createTask(async () => {
      try {
        await sleep(60_000) // work
      } finally {
        await sleep(10) // clean-up may wait
        console.log('work cleaned up')
      }
    })

    loop.callLater(50, () => {
      askToEnd(shutdown)
    })
    const report = await shutdown.wait()
    console.log('ended in phase', report.phase)
  },
  { loopFactory: nativeLoop },
)

/** What a supervisor does; Windows has no SIGTERM that a program could handle. */
function askToEnd(shutdown: { request(): void }): void {
  if (process.platform === 'win32') shutdown.request()
  else process.kill(process.pid, 'SIGTERM')
}

/* Prints:
no more connections
work cleaned up
pool closed
ended in phase done
*/
