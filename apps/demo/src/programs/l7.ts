import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop }: LoopContext) {
  const results: string[] = []
  const push = (name: string) => results.push(name)
  loop.callLater(200, push, 'B')
  loop.callLater(100, push, 'A')
  loop.callLater(300, push, 'C')
  return results
}

export const program = defineProgram({
  id: 'L7',
  section: 'Order',
  title: 'Timers that collect results',
  idea: 'callLater(200, B), callLater(100, A), callLater(300, C); sleep(500).',
  expected: ['A B C'],

  async run(context) {
    const results = begin(context)
    await sleep(500)
    context.print(results.join(' '))
  },

  *runGenerator(context) {
    const results = begin(context)
    yield* sleep(500)
    context.print(results.join(' '))
  },
})
