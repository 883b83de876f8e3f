import { sleep } from '@loop/core'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'L9',
  section: 'Order',
  title: 'Tasks and timers share one clock',
  idea: 'task-1 sleeps 200, task-2 sleeps 100, callLater(150, callback); sleep(300).',
  expected: ['task-2', 'callback', 'task-1'],

  async run({ loop, print }) {
    const sleeper = async (name: string, ms: number) => {
      await sleep(ms)
      print(name)
    }
    loop.createTask(() => sleeper('task-1', 200))
    loop.createTask(() => sleeper('task-2', 100))
    loop.callLater(150, print, 'callback')
    await sleep(300)
  },

  *runGenerator({ loop, print }) {
    function* sleeper(name: string, ms: number) {
      yield* sleep(ms)
      print(name)
    }
    loop.createTask(() => sleeper('task-1', 200))
    loop.createTask(() => sleeper('task-2', 100))
    loop.callLater(150, print, 'callback')
    yield* sleep(300)
  },
})
