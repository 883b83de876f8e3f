/** LESSON section 6: on a signal, three workers are cancelled, each cleans up for 100 ms, one of them fails in it. */
import { CancelledError, getRunningLoop, sleep } from '@loop/core'
import { gracefulShutdown } from '../../src/index.ts'
import { listeners, print, runProgram } from './support.ts'

const worker = (name: string, failing: boolean) => async () => {
  try {
    for (;;) await sleep(60_000)
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
    await sleep(100)
    print(`${name} cleaned up`)
    if (failing) throw new Error('disk full', { cause: error })
    throw error
  }
}

await runProgram(async () => {
  const shutdown = gracefulShutdown({ timeout: 20_000 })
  shutdown.stopAccepting(() => {
    print('stopped accepting')
  }, 'server')
  shutdown.close(() => {
    print('closed the pool')
  })
  shutdown.close(() => {
    print('closed the connection to the pool')
  })
  for (const name of ['one', 'two', 'three']) getRunningLoop().createTask(worker(name, name === 'two'), { name })
  await sleep(0)
  print('ready')
  const report = await shutdown.wait()
  print(
    `${report.signal} ${report.phase} ${report.errors.map(({ name, error }) => `${name}: ${String(error)}`).join()}`,
  )
})
print(`listeners ${listeners('SIGINT', 'SIGTERM', 'SIGHUP')}`)
