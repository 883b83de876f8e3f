/** A signal that comes while a callback holds the thread is delivered after it, in order. */
import { getRunningLoop } from '@loop/core'
import { signals } from '../../src/index.ts'
import { print, runProgram } from './support.ts'

await runProgram(async () => {
  const loop = getRunningLoop()
  const arriving = signals(['SIGUSR2'])
  loop.callSoon(() => {
    print('blocking')
    const until = performance.now() + 300
    while (performance.now() < until);
    print('unblocked')
  })
  for await (const signal of arriving) {
    print(`got ${signal}`)
    break
  }
  print(`listeners ${process.listenerCount('SIGUSR2')}`)
})
