import { sleep } from '@loop/core'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'L3',
  section: 'Order',
  title: 'Callbacks run between two steps of a task',
  idea: 'Print; two callSoon prints; await sleep(0); print: both callbacks run before the task goes on.',
  expected: ['before', 'first', 'second', 'after'],

  async run({ loop, print }) {
    print('before')
    loop.callSoon(print, 'first')
    loop.callSoon(print, 'second')
    await sleep(0)
    print('after')
  },

  *runGenerator({ loop, print }) {
    print('before')
    loop.callSoon(print, 'first')
    loop.callSoon(print, 'second')
    yield* sleep(0)
    print('after')
  },
})
