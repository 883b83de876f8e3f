// The first good answer of several mirrors, each with a head start; the losers are cancelled and have cleaned up.
import { deterministicLoop, Event, getRunningLoop, run, sleep, taskGroup, TimeoutError, waitFor } from '@loop/runtime'

/** The result of the first that succeeds; an AggregateError when none does. */
async function firstSuccess<T>(attempts: readonly (() => Promise<T>)[], headStart: number): Promise<T> {
  const errors: unknown[] = []
  let winner: { readonly value: T } | undefined
  await taskGroup(async (group) => {
    for (const attempt of attempts) {
      const failed = new Event()
      group.createTask(async () => {
        try {
          winner ??= { value: await attempt() }
          group.cancel() // the others
        } catch (error) {
          errors.push(error)
          failed.set()
        }
      })
      try {
        await waitFor(failed.wait(), headStart)
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error // the head start is over
      }
    }
  })
  if (winner === undefined) throw new AggregateError(errors, 'no mirror answered')
  return winner.value
}

const mirror =
  (name: string, ms: number, broken = false) =>
  async () => {
    try {
      console.log(`${getRunningLoop().time()} ms: asking ${name}`)
      await sleep(ms)
      if (broken) throw new Error(`${name} is broken`)
      return name
    } finally {
      await sleep(5) // clean-up may wait
      console.log(`${getRunningLoop().time()} ms: ${name} is closed`)
    }
  }

await run(
  async () => {
    const mirrors = [mirror('slow', 60_000), mirror('broken', 50, true), mirror('good', 100), mirror('never asked', 0)]
    console.log('from', await firstSuccess(mirrors, 200))
    await firstSuccess([mirror('also broken', 10, true)], 200).catch((error: AggregateError) =>
      console.log(error.message, error.errors.map(String)),
    )
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
0 ms: asking slow
200 ms: asking broken
255 ms: broken is closed
255 ms: asking good
360 ms: good is closed
365 ms: slow is closed
from good
365 ms: asking also broken
380 ms: also broken is closed
no mirror answered [ 'Error: also broken is broken' ]
*/
