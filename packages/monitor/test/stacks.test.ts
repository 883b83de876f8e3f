import { getRunningLoop, run } from '@loop/core'
import { Session } from 'node:inspector'
import { expect, test } from 'vitest'
import { LoopMonitor } from '../src/index.ts'
import { hottestStack } from '../src/profile-stack.ts'
import type { ProfileNode } from '../src/profile-stack.ts'
import { collecting, settled } from './support.ts'

function busyInside(ms: number): number {
  let sum = 0
  for (const until = performance.now() + ms; performance.now() < until;) sum += Math.sqrt(sum)
  return sum
}

function busyOutside(ms: number): number {
  return busyInside(ms) + 1
}

test('with stacks, a report tells where the loop stood', async () => {
  const { monitor, reports, reported } = collecting({ stacks: true })
  expect(monitor.stacks).toBe('on')
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop)
    loop.callSoon(busyOutside, 1000)
    await reported(1)
    await settled(monitor, loop, 3)
  })
  expect(reports).toHaveLength(1)
  expect(reports[0]).toMatchObject({ name: 'busyOutside', kind: 'callback' })
  // What V8 has inlined into it does not show.
  expect(reports[0]!.stack).toMatch(/at busyOutside .*stacks\.test\.ts:\d+/)
})

test('after a sample nothing stays attached', async () => {
  const { monitor, reported } = collecting({ stacks: true })
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop)
    loop.callSoon(busyOutside, 800)
    await reported(1)
  })
  // A profiler that is on answers Profiler.start a second time by going on; a fresh session must find it off.
  const session = new Session()
  session.connect()
  const error = await new Promise<Error | null>((done) => {
    session.post('Profiler.stop', (failure) => {
      done(failure)
    })
  })
  session.disconnect()
  expect(error).not.toBeNull()
})

test('a block too short to sample is reported without a stack', async () => {
  const { monitor, reports, reported } = collecting({ stacks: true, threshold: 100, interval: 1000 })
  await run(async () => {
    const loop = getRunningLoop()
    using _monitor = monitor.start()
    await settled(monitor, loop, 1)
    loop.callSoon(busyOutside, 150)
    await reported(1)
  })
  expect(reports.map(({ name, stack }) => [name, stack])).toEqual([['busyOutside', undefined]])
})

test('without stacks none are promised', () => {
  expect(new LoopMonitor().stacks).toBe('off')
})

test('the stack is the one that most looks agree on', () => {
  const node = (
    id: number,
    functionName: string,
    hitCount: number,
    children: number[] = [],
    line?: number,
  ): ProfileNode => ({
    id,
    hitCount,
    children,
    callFrame: { functionName, url: 'file:///a.js', lineNumber: 9, columnNumber: 2 },
    ...(line === undefined
      ? {}
      : {
          positionTicks: [
            { line: 3, ticks: 1 },
            { line, ticks: 9 },
          ],
        }),
  })
  const nodes = [
    node(1, '(root)', 0, [2, 3, 4]),
    node(2, '(garbage collector)', 50),
    node(3, 'rare', 2),
    node(4, '', 1, [5, 6]),
    node(5, 'hot', 10, [], 42),
    node(6, 'cold', 4),
  ]
  expect(hottestStack(nodes)).toBe('    at hot (file:///a.js:42)\n    at (anonymous) (file:///a.js:10:3)')
  expect(hottestStack([node(1, '(root)', 0, [2]), node(2, '(program)', 5)])).toBeUndefined()
  expect(hottestStack([])).toBeUndefined()
})
