import { EventLoop, run, sleep } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import type { TaskBranch } from '@loop/demo-page/wire'
import type { TaskGraph, TaskNode } from '@loop/monitor'
import { expect, test } from 'vitest'
import { LagHistogram } from '../../src/serve/lag-histogram.ts'
import { treeOf } from '../../src/serve/task-tree.ts'

test('the lag histogram counts how late its timers come, and forgets after a minute', async () => {
  const clock = new VirtualClock()
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock) })
  const late = (histogram: LagHistogram): [number | null, number][] =>
    histogram
      .buckets()
      .filter(({ count }) => count > 0)
      .map(({ below, count }) => [below, count])
  const seen = await run(
    async () => {
      using histogram = new LagHistogram(loop)
      await sleep(1050)
      const quiet = late(histogram)
      // The loop is held for 349 ms: the probe that was due after 50 of them comes 299 late.
      clock.advance(349)
      await sleep(100)
      const held = late(histogram)
      await sleep(61_000)
      return [quiet, held, late(histogram)]
    },
    { loopFactory: () => loop },
  )
  expect(seen).toEqual([
    [[1, 10]],
    [
      [1, 11],
      [500, 1],
    ],
    [[1, 600]],
  ])
})

const task = (id: number, name: string, awaits: TaskNode['awaits'] = [], inCycle = false): TaskNode => ({
  id,
  name,
  coroutine: name,
  state: awaits.length > 0 ? 'waiting' : 'elsewhere',
  awaits,
  inCycle,
  source: undefined,
})
const on = (name: string, id: number): TaskNode['awaits'][number] => ({
  name,
  task: id,
  future: null,
  awaits: [],
  source: undefined,
})

test('a task stands under the one that waits for it, once; a circle has an end', () => {
  const graph: TaskGraph = {
    tasks: [
      task(1, 'main', [
        { name: 'taskGroup()', task: null, future: null, awaits: [on('a', 2), on('b', 3)], source: undefined },
      ]),
      task(2, 'a'),
      task(3, 'b', [on('a', 2)]),
      task(4, 'x', [on('y', 5)], true),
      task(5, 'y', [on('x', 4)], true),
    ],
  }
  const lines: string[] = []
  const print = (branches: readonly TaskBranch[], depth: number): void => {
    for (const { name, note, waitsFor } of branches) {
      lines.push(`${'  '.repeat(depth)}${name}${note === '' ? '' : ` (${note})`}`)
      print(waitsFor, depth + 1)
    }
  }
  print(treeOf(graph), 0)
  expect(lines).toEqual([
    'main (in taskGroup())',
    '  a (ready, or at a promise of Node)',
    '  b',
    '    a (see above)',
    'x',
    '  y',
    '    x (a circle: it waits for itself)',
  ])
})

test('what a task waits for stands beside it in words, never as the name of a class alone', () => {
  const future = (name: string, source?: string) => ({ name, task: null, future: 1, awaits: [], source })
  const notes = treeOf({
    tasks: [
      task(1, 'sleeper', [future('Sleep')]),
      task(2, 'waiter', [future('Future')]),
      task(3, 'known', [future('Future', 'at reload (app.ts:3:1)\nat main (app.ts:9:1)')]),
      task(4, 'many', [future('Sleep'), future('Sleep'), future('Lock.acquire')]),
    ],
  }).map(({ note }) => note)
  expect(notes).toEqual([
    'sleeps',
    'waits for a future',
    'waits for a future, made at reload (app.ts:3:1)',
    'sleeps, waits for Lock.acquire',
  ])
})
