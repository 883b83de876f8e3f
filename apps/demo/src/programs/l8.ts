import { sleep } from '@loop/core'
import { defineProgram, type LoopContext } from '../program.ts'

function begin({ loop }: LoopContext) {
  const results: string[] = []
  const push = (name: string) => results.push(name)
  loop.callLater(100, push, 'cancelled').cancel()
  loop.callSoon(push, 'soon-1')
  loop.callSoon(push, 'soon-2')
  return results
}

export const program = defineProgram({
  id: 'L8',
  section: 'Order',
  title: 'Ready callbacks, a sleeping task and a cancelled timer',
  idea: 'Cancel a timer of 100, callSoon twice, sleep(0), push, sleep(200): the cancelled one never shows.',
  expected: ['soon-1 soon-2 after-sleep'],

  async run(context) {
    const results = begin(context)
    await sleep(0)
    results.push('after-sleep')
    await sleep(200)
    context.print(results.join(' '))
  },

  *runGenerator(context) {
    const results = begin(context)
    yield* sleep(0)
    results.push('after-sleep')
    yield* sleep(200)
    context.print(results.join(' '))
  },
})
