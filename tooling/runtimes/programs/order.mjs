// The tour's programs about order, in virtual time and in real time, in both forms of coroutine.

import { EventLoop } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { formsOf, loadPrograms, perform } from '@loop/demo/tour'
import { report } from './report.mjs'

const clocks = {
  virtual: () => {
    const clock = new VirtualClock()
    return new EventLoop({ clock, selector: new MemorySelector(clock) })
  },
  real: () => new EventLoop(),
}

for (const program of (await loadPrograms()).filter(({ section }) => section === 'Order')) {
  for (const form of formsOf(program)) {
    for (const [time, loopFactory] of Object.entries(clocks)) {
      await report(`${program.id}, ${form}, ${time} time`, async () => {
        const { problem } = await perform(program, form, loopFactory)
        if (problem !== null) throw new Error(problem)
      })
    }
  }
}
