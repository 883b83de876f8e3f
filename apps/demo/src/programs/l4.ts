import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop, print }: LoopContext) {
  for (const delay of [300, 100, 200]) loop.callLater(delay, print, `after ${delay} ms`)
}

export const program = defineProgram({
  id: 'L4',
  section: 'Order',
  title: 'Timers run by deadline',
  idea: 'callLater 300, 100, 200: the earliest deadline runs first, whatever was scheduled first.',
  expected: ['after 100 ms', 'after 200 ms', 'after 300 ms'],

  async run(context) {
    begin(context)
    await sleep(500)
  },

  *runGenerator(context) {
    begin(context)
    yield* sleep(500)
  },
})
