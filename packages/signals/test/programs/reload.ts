/** SIGHUP reloads, one reload after the other; the second argument of a reload is its duration. */
import { sleep } from '@loop/core'
import { gracefulShutdown } from '../../src/index.ts'
import { listeners, print, runProgram } from './support.ts'

let reloads = 0

await runProgram(async () => {
  const shutdown = gracefulShutdown({
    async onReload() {
      const number = ++reloads
      print(`reload ${number} begins`)
      await sleep(100)
      print(`reload ${number} ends`)
      if (number === 2) shutdown.request()
    },
  })
  print('ready')
  await shutdown.wait()
})
print(`listeners ${listeners('SIGINT', 'SIGTERM', 'SIGHUP')}`)
