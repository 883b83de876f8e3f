import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop }: LoopContext) {
  const results: number[] = []
  for (const number of [1, 2, 3]) loop.callSoon((n: number) => results.push(n), number)
  return results
}

export const program = defineProgram({
  id: 'L2',
  section: 'Order',
  title: 'First in, first out',
  idea: 'callSoon 1, 2, 3: callbacks run in the order in which they were scheduled, always.',
  expected: ['1 2 3'],

  async run(context) {
    const results = begin(context)
    await sleep(0)
    context.print(results.join(' '))
  },

  *runGenerator(context) {
    const results = begin(context)
    yield* sleep(0)
    context.print(results.join(' '))
  },
})
