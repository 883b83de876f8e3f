/** A clean-up that never ends; the first argument is the timeout in milliseconds. */
import { CancelledError, getRunningLoop, sleep } from '@loop/core'
import { formatReport, gracefulShutdown } from '../../src/index.ts'
import { print, runProgram } from './support.ts'

async function stubborn(): Promise<void> {
  try {
    await sleep(60_000)
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
    print('hanging')
    await getRunningLoop().createFuture()
  }
}

await runProgram(async () => {
  const shutdown = gracefulShutdown({
    timeout: Number(process.argv[2]),
    onTimeout(report) {
      print(`cut in '${report.phase}'`)
      for (const line of formatReport(report)) print(line.replace(/\(?file:.*/, '(here)'))
    },
    onSignal(signal, count) {
      print(`${signal} ${count}`)
    },
  })
  getRunningLoop().createTask(stubborn, { name: 'stubborn' })
  await sleep(0)
  print('ready')
  await shutdown.wait()
}, true)
