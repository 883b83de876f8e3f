import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop, print }: LoopContext) {
  const handle = loop.callLater(1000, print, 'must not run')
  print(`cancelled: ${handle.cancelled()}`)
  handle.cancel()
  print(`cancelled: ${handle.cancelled()}`)
}

export const program = defineProgram({
  id: 'L6',
  section: 'Order',
  title: 'A cancelled timer never runs',
  idea: 'callLater(1000), cancel it, sleep(1500): nothing but the two answers of cancelled().',
  expected: ['cancelled: false', 'cancelled: true'],

  async run(context) {
    begin(context)
    await sleep(1500)
  },

  *runGenerator(context) {
    begin(context)
    yield* sleep(1500)
  },
})
