import { EventLoop } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { describe, expect, test } from 'vitest'
import { loadPrograms } from '../src/catalog.ts'
import { formsOf, perform } from '../src/perform.ts'

const virtualLoop = () => {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock) })
}

const programs = await loadPrograms()

test('the nine programs about order are there, in order', () => {
  const order = programs.filter(({ section }) => section === 'Order').map(({ id }) => id)
  expect(order.slice(0, 9)).toEqual(['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L8', 'L9'])
})

describe.each(programs)('$id: $title', (program) => {
  const realTime = 'runAlone' in program || program.realTime === true

  test.each(formsOf(program))(`prints what is expected (%s, ${realTime ? 'real' : 'virtual'} time)`, async (form) => {
    const { problem } = realTime ? await perform(program, form) : await perform(program, form, virtualLoop)
    expect(problem).toBe(null)
  })
})
