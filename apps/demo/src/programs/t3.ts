import { CancelledError, sleep } from '@loop/core'
import { toThread } from '@loop/executor'
import { defineProgram } from '../program.ts'

function heavyComputation(ms: number): string {
  const end = performance.now() + ms
  let rounds = 0
  while (performance.now() < end) rounds++
  return rounds > 0 ? 'heavy computation done' : 'nothing computed'
}

export const program = defineProgram({
  id: 'T3',
  section: 'Threads and processes',
  title: 'The loop keeps ticking',
  idea: 'A monitor prints every 500 ms while a heavy computation of 1.8 s runs in a thread.',
  expected: ['tick 1', 'tick 2', 'tick 3', 'heavy computation done'],
  realTime: true,

  async run({ loop, print }) {
    const monitor = loop.createTask(async () => {
      for (let tick = 1; ; tick++) {
        await sleep(500)
        print(`tick ${tick}`)
      }
    })
    const result = await toThread(heavyComputation, 1800)
    monitor.cancel()
    try {
      await monitor
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
    }
    print(result)
    await loop.shutdownDefaultExecutor()
  },
})
