import { sleep } from '@loop/core'
import { periodic } from '@loop/scheduler'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'P1',
  section: 'Patterns',
  title: 'Periodic, with drift correction',
  idea: 'Every 100 ms a run of 30 ms, the second one of 250 ms: runs stay on whole intervals, the two that it overran are skipped.',
  expected: [
    'run 1, due after 1 interval, 0 missed',
    'run 2, due after 2 intervals, 0 missed',
    'run 3, due after 5 intervals, 2 missed',
    'run 4, due after 6 intervals, 0 missed',
  ],

  async run({ loop, print }) {
    const began = loop.time()
    const ticking = periodic(100, async ({ count, scheduledFor, missed }) => {
      const intervals = Math.round((scheduledFor - began) / 100)
      print(`run ${count}, due after ${intervals} interval${intervals === 1 ? '' : 's'}, ${missed} missed`)
      await sleep(count === 2 ? 250 : 30)
    })
    await sleep(680)
    ticking.cancel()
  },

  *runGenerator({ loop, print }) {
    const began = loop.time()
    const ticking = periodic(100, function* ({ count, scheduledFor, missed }) {
      const intervals = Math.round((scheduledFor - began) / 100)
      print(`run ${count}, due after ${intervals} interval${intervals === 1 ? '' : 's'}, ${missed} missed`)
      yield* sleep(count === 2 ? 250 : 30)
    })
    yield* sleep(680)
    ticking.cancel()
  },
})
