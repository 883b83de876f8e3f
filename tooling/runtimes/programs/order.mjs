// The tour's programs about order, in virtual time and in real time, in both forms of coroutine.

import { EventLoop } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { formsOf, loadPrograms, perform } from '@loop/demo/tour'
import { report } from './report.mjs'

/** @param {import('@loop/core').LoopOptions} [options] */
const virtualLoop = (options) => {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock), ...options })
}

const loops = {
  'virtual time': () => virtualLoop(),
  'virtual time, documented means only': () => virtualLoop({ drain: 'public' }),
  'real time': () => new EventLoop(),
}

for (const program of (await loadPrograms()).filter(({ section }) => section === 'Order')) {
  for (const form of formsOf(program)) {
    for (const [which, loopFactory] of Object.entries(loops)) {
      await report(`${program.id}, ${form}, ${which}`, async () => {
        const { problem } = await perform(program, form, loopFactory)
        if (problem !== null) throw new Error(problem)
      })
    }
  }
}
