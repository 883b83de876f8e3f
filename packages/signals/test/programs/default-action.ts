/** Removing the last handler restores the default action: SIGTERM ends the process. */
import { getRunningLoop, sleep } from '@loop/core'
import { print, runProgram } from './support.ts'

await runProgram(async () => {
  const loop = getRunningLoop()
  loop.addSignalHandler('SIGTERM', (word: string) => print(word), 'first')
  loop.addSignalHandler(
    'SIGTERM',
    (word: string) => {
      print(word)
      print(`removed ${loop.removeSignalHandler('SIGTERM')} ${loop.removeSignalHandler('SIGTERM')}`)
    },
    'second',
  )
  print('ready')
  await sleep(20_000)
})
