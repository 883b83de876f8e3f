// Tasks that belong together: all are done when the group ends, and one failure ends the others first.
import { getRunningLoop, run, sleep, taskGroup } from '@loop/core'

async function fetchPart(name: string, ms: number): Promise<string> {
  try {
    await sleep(ms)
    if (name === 'broken') throw new Error('part is broken')
    return name
  } finally {
    console.log('ended:', name)
  }
}

await run(async () => {
  const parts = await taskGroup(async (group) => {
    const tasks = [30, 10, 20].map((ms) => group.createTask(() => fetchPart(`part after ${ms} ms`, ms)))
    return tasks // the group waits for them, so their results are there when it ends
  })
  console.log(parts.map((task) => task.result()).join(', '))

  try {
    await taskGroup(async (group) => {
      group.createTask(() => fetchPart('slow', 60_000))
      group.createTask(() => fetchPart('broken', 10))
      await sleep(60_000) // the body is cancelled too
    })
  } catch (error) {
    console.log((error as AggregateError).errors.map(String))
  }

  // The first answer is enough: cancel the rest.
  await taskGroup(async (group) => {
    const first = getRunningLoop().createFuture<string>()
    for (const ms of [60_000, 10]) {
      group.createTask(async () => {
        const answer = await fetchPart(`mirror after ${ms} ms`, ms)
        if (!first.done()) first.setResult(answer)
      })
    }
    console.log('answer:', await first)
    group.cancel()
  })
})

/* Prints:
ended: part after 10 ms
ended: part after 20 ms
ended: part after 30 ms
part after 30 ms, part after 10 ms, part after 20 ms
ended: broken
ended: slow
[ 'Error: part is broken' ]
ended: mirror after 10 ms
answer: mirror after 10 ms
ended: mirror after 60000 ms
*/
