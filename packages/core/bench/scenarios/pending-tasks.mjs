import { others } from '../contenders.mjs'

const gc = { nodeArgs: ['--expose-gc'] }

export default {
  name: 'pending-tasks',
  title: 'Memory of a pending task, with the future that it waits for',
  note: "Of JavaScript the heap after a collection, of Python the process's memory.",
  measures: { bytes: { title: 'memory a task', unit: 'B', better: 'less' } },
  points: [{ label: '100,000 tasks', tasks: 100_000 }],
  quick: [{ label: '20,000 tasks', tasks: 20_000 }],
  contenders: others(
    'pending-tasks.mjs',
    'pending-tasks',
    ['loop', 'Loop, generators', 'ours', 'loop:generator', gc],
    ['loop-async', 'Loop, async functions', 'ours', 'loop:async', gc],
    ['promises', 'async functions and promises, no tasks', 'limit', 'promises', gc],
  ),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'memory of a pending task, generators', of: 'loop', against: 'asyncio', atLeast: 1 },
    { what: 'memory of a pending task, async functions', of: 'loop-async', against: 'asyncio', atLeast: 1 },
  ],
}
