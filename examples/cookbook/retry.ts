// Retry with back-off, jitter and a deadline over all of it; what is pointless to repeat is thrown at once.
import { deterministicLoop, getRunningLoop, isCancellation, run, sleep, timeout } from '@loop/runtime'

interface RetryOptions {
  /** Milliseconds before the second try; doubled each time, up to `most`. */
  readonly first?: number
  readonly most?: number
  /** Milliseconds for everything together. */
  readonly deadline?: number
  /** Whether another try makes sense. */
  readonly again?: (error: unknown) => boolean
  readonly random?: () => number
}

async function retry<T>(action: (signal: AbortSignal) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { first = 100, most = 10_000, deadline = 60_000, again = () => true, random = Math.random } = options
  return await timeout(deadline, async ({ signal }) => {
    for (let wait = first; ; wait = Math.min(wait * 2, most)) {
      try {
        return await action(signal)
      } catch (error) {
        // A request to end is no failure: it must go through.
        if (isCancellation(error) || !again(error)) throw error
        await sleep(wait * (0.5 + random() / 2)) // jitter, so that not everybody comes back at the same moment
      }
    }
  })
}

const half = () => 0 // no jitter, for the same output each time

await run(
  async () => {
    const loop = getRunningLoop()
    let tries = 0
    const answer = await retry(
      async () => {
        console.log(`try ${++tries} at ${loop.time()} ms`)
        if (tries < 4) throw new Error('503')
        return 'answered'
      },
      { random: half },
    )
    console.log(answer)

    const hopeless = async () => {
      throw new TypeError('no such address')
    }
    await retry(hopeless, { again: (error) => !(error instanceof TypeError) }).catch((error) =>
      console.log(String(error)),
    )

    const began = loop.time()
    const never = async () => {
      throw new Error('503')
    }
    await retry(never, { deadline: 5_000, random: half }).catch((error: Error) =>
      console.log(error.name, 'after', loop.time() - began, 'ms'),
    )
  },
  { loopFactory: deterministicLoop() }, // time jumps: nothing here is waited for
)

/* Prints:
try 1 at 0 ms
try 2 at 50 ms
try 3 at 150 ms
try 4 at 350 ms
answered
TypeError: no such address
TimeoutError after 5000 ms
*/
