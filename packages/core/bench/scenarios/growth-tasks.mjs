import { measures, others } from '../contenders.mjs'
import { growing } from '../growing.mjs'

export default {
  name: 'growth-tasks',
  title: 'As tasks grow in number: each awaits sleep(0), all gathered; per task',
  ...growing,
  measures,
  contenders: others(
    'growth.mjs',
    'tasks',
    ['loop', 'Loop, generators', 'ours', 'loop:tasks'],
    ['loop-async', 'Loop, async functions', 'ours', 'loop:tasks-async'],
    ['node', 'Node, own immediates', 'peer', 'node:tasks'],
  ),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'a task among a million, beside ten thousand', of: 'loop', between: [10_000, 1_000_000], atMost: 2 },
    {
      what: 'an async task among a million, beside ten thousand',
      of: 'loop-async',
      between: [10_000, 1_000_000],
      atMost: 2,
    },
  ],
}
