import { ThreadPoolExecutor, threadsafeDoor, type DoorClient } from '@loop/executor'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'T4',
  section: 'Threads and processes',
  title: 'A thread calls into the loop',
  idea: "A worker thread schedules results.push('from thread') on the loop: callSoonThreadsafe is the only way in.",
  expected: ['from the loop', 'from thread', 'in order: 1 2 3'],
  realTime: true,

  async run({ loop, print }) {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const results: string[] = []
    const numbers: number[] = []
    const finished = loop.createFuture<undefined>()
    const door = threadsafeDoor(loop)
    door.register('push', (text: string) => results.push(text))
    door.register('count', (number: number) => numbers.push(number))
    door.register('finish', () => {
      finished.setResult(undefined)
    })
    // In the loop's own thread it is callSoon and a wake-up.
    loop.callSoonThreadsafe(() => results.push('from the loop'))
    await pool.submit(
      (door: DoorClient) => {
        door.callSoon('push', 'from thread')
        for (const number of [1, 2, 3]) door.callSoon('count', number)
        door.callSoon('finish')
      },
      [door],
    )
    await finished
    for (const result of results) print(result)
    print(`in order: ${numbers.join(' ')}`)
  },
})
