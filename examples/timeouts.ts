// Deadlines and cancellation: what is cut, what cleans up, what goes on, and how to pass it on to other libraries.
import { CancelledError, getRunningLoop, run, shield, sleep, timeout, TimeoutError, waitFor } from '@loop/core'

async function download(name: string, ms: number): Promise<string> {
  try {
    await sleep(ms)
    return name
  } catch (error) {
    if (error instanceof CancelledError) console.log(`${name}: cleaning up`)
    throw error // without this, the cancellation would be declined
  }
}

await run(async () => {
  const loop = getRunningLoop()

  // One deadline for several steps.
  await timeout(200, async () => {
    console.log(await download('first', 5))
    console.log(await download('second', 60_000))
  }).catch((error: unknown) => {
    console.log(error instanceof TimeoutError)
  })

  // One wait; the deadline reaches all branches of Promise.all, which rejects with the first.
  await waitFor(() => Promise.all([download('a', 60_000), download('b', 60_000)]), 20).catch((error: Error) => {
    console.log(error.message)
  })

  // What must not be cut, goes on.
  const save = loop.createTask(async () => {
    await sleep(30)
    return 'saved'
  })
  await waitFor(shield(save), 5).catch((error: Error) => {
    console.log(error.name)
  })
  console.log(await save)

  // A promise of another library is told by its AbortSignal.
  const request = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        console.log('request aborted')
        reject(signal.reason as Error)
      })
    })
  const task = loop.createTask(async () => loop.wrap(request), { name: 'request' })
  await sleep(5)
  task.cancel('no longer needed')
  await task.catch((error: Error) => {
    console.log(`${error.name}: ${error.message}`)
  })
})

/* Prints:
first
second: cleaning up
true
a: cleaning up
not done within 20 ms
b: cleaning up
TimeoutError
saved
request aborted
CancelledError: no longer needed
*/
