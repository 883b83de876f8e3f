import { expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { getRunningLoop, run, sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const { events: _unused } = recorder()

bothForms('L1: what a turn adds runs in the next turn', async (form) => {
  const { events, push } = recorder()
  await form.run(virtualLoop, [
    () => getRunningLoop().callSoon(push, 'C'),
    () => getRunningLoop().callSoon(push, 'D'),
    () => push('A'),
    () => sleep(0),
    () => push('B'),
    () => sleep(0),
  ])
  expect(events).toEqual(['A', 'C', 'D', 'B'])
})

test('smoke', async () => {
  const out: unknown[] = []
  await run(async () => {
    const loop: EventLoop = getRunningLoop()
    loop.callLater(20, () => out.push(20))
    loop.callLater(10, () => out.push(10))
    await sleep(30)
    out.push('end')
  })
  expect(out).toEqual([10, 20, 'end'])
})
