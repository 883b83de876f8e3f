import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop, print }: LoopContext) {
  const now = loop.time()
  loop.callAt(now + 200, print, 'at+200')
  loop.callAt(now + 100, print, 'at+100')
}

export const program = defineProgram({
  id: 'L5',
  section: 'Order',
  title: 'Absolute times on the loop clock',
  idea: 'callAt(now + 200), callAt(now + 100): times are those of loop.time(), in milliseconds.',
  expected: ['at+100', 'at+200'],

  async run(context) {
    begin(context)
    await sleep(500)
  },

  *runGenerator(context) {
    begin(context)
    yield* sleep(500)
  },
})
