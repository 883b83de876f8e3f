/** Ctrl+C cancels the main task, which cleans up. */
import { EventLoop, sleep } from '@loop/core'
import { cancelOnInterrupt, ProcessSignals } from '../../src/index.ts'
import { print } from './support.ts'

const loop = new EventLoop({ signals: new ProcessSignals() })
const main = loop.createTask(async () => {
  try {
    print('ready')
    await sleep(20_000)
  } finally {
    await sleep(10)
    print('cleaned up')
  }
})
{
  using interruption = cancelOnInterrupt(loop, main)
  try {
    await loop.runUntilComplete(main)
  } catch (error) {
    print(`${(interruption.explain(error) as Error).name} ${interruption.interrupted}`)
  }
}
print(`listeners ${process.listenerCount('SIGINT')}`)
loop.close()
