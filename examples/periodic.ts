// Every 100 ms, although each run takes 30 ms: sleeping in a loop drifts, `periodic` does not. In virtual time.
import { getRunningLoop, run, sleep } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { periodic } from '@loop/scheduler'

const work = () => sleep(30)

await run(
  async () => {
    const loop = getRunningLoop()
    const starts: number[] = []

    const began = loop.time()
    for (let i = 0; i < 5; i++) {
      await sleep(100)
      starts.push(loop.time() - began)
      await work()
    }
    console.log('sleep in a loop:', ...starts.splice(0))

    const from = loop.time()
    const ticking = periodic(100, async () => {
      starts.push(loop.time() - from)
      await work()
    })
    await sleep(550)
    ticking.cancel()
    console.log('periodic:       ', ...starts.splice(0))

    const again = loop.time()
    const slow = periodic(100, async ({ missed }) => {
      starts.push(loop.time() - again)
      if (missed > 0) console.log(`${missed} left out before ${loop.time() - again} ms`)
      await sleep(starts.length === 2 ? 250 : 30)
    })
    await sleep(650)
    slow.cancel()
    console.log('one slow run:   ', ...starts)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
sleep in a loop: 100 230 360 490 620
periodic:        100 200 300 400 500
2 left out before 500 ms
one slow run:    100 200 500 600
*/
