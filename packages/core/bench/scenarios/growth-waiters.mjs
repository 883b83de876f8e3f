import { measures, others } from '../contenders.mjs'
import { growing } from '../growing.mjs'

export default {
  name: 'growth-waiters',
  title: 'As waiters of one future grow in number; per waiter',
  ...growing,
  quick: [],
  measures,
  contenders: others(
    'growth.mjs',
    'waiters',
    ['loop', 'Loop, generators', 'ours', 'loop:waiters'],
    ['node', 'a promise, no tasks', 'limit', 'node:waiters'],
  ),
  goals: [
    { what: 'a waiter among a million, beside ten thousand', of: 'loop', between: [10_000, 1_000_000], atMost: 2 },
  ],
}
