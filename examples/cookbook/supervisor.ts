// A supervisor: workers that fail are started again, later and later; one that fails too often ends all, in order.
import { deterministicLoop, getRunningLoop, isCancellation, run, sleep, taskGroup } from '@loop/runtime'

interface Policy {
  /** Failures within `window` milliseconds that are too many. */
  readonly most: number
  readonly window: number
}

async function supervise(name: string, worker: () => Promise<void>, { most, window }: Policy): Promise<void> {
  const loop = getRunningLoop()
  const failures: number[] = []
  for (;;) {
    try {
      await worker()
      return // it had an end of its own
    } catch (error) {
      if (isCancellation(error)) throw error
      const now = loop.time()
      failures.push(now)
      const recent = failures.filter((at) => at > now - window).length
      console.log(`${now} ms: ${name} failed (${(error as Error).message}), ${recent} of ${most}`)
      if (recent >= most) throw new Error(`${name} failed ${recent} times`, { cause: error })
      await sleep(100 * 2 ** recent)
    }
  }
}

await run(
  async () => {
    const policy = { most: 3, window: 60_000 }
    let runs = 0
    const shaky = async () => {
      await sleep(50)
      if (++runs < 3) throw new Error('connection lost')
    }
    const hopeless = async () => {
      await sleep(1_000)
      throw new Error('no such host')
    }
    const steady = async () => {
      try {
        await sleep(3_600_000)
      } finally {
        console.log('steady cleaned up')
      }
    }
    try {
      await taskGroup(async (group) => {
        group.createTask(() => supervise('shaky', shaky, policy))
        group.createTask(() => supervise('hopeless', hopeless, policy))
        group.createTask(steady)
      })
    } catch (error) {
      console.log('ended:', (error as AggregateError).errors.map(String))
    }
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
50 ms: shaky failed (connection lost), 1 of 3
300 ms: shaky failed (connection lost), 2 of 3
1000 ms: hopeless failed (no such host), 1 of 3
2200 ms: hopeless failed (no such host), 2 of 3
3600 ms: hopeless failed (no such host), 3 of 3
steady cleaned up
ended: [ 'Error: hopeless failed 3 times' ]
*/
