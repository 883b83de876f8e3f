import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop }: LoopContext, results: string[]) {
  loop.callSoon((name: string) => results.push(name), 'C')
  loop.callSoon((name: string) => results.push(name), 'D')
  results.push('A')
}

export const program = defineProgram({
  id: 'L1',
  section: 'Order',
  title: 'A task gives way at each await',
  idea: 'callSoon(C), callSoon(D); A; await sleep(0); B; await sleep(0): the callbacks run while the task sleeps.',
  expected: ['A C D B'],

  async run(context) {
    const results: string[] = []
    begin(context, results)
    await sleep(0)
    results.push('B')
    await sleep(0)
    context.print(results.join(' '))
  },

  *runGenerator(context) {
    const results: string[] = []
    begin(context, results)
    yield* sleep(0)
    results.push('B')
    yield* sleep(0)
    context.print(results.join(' '))
  },
})
