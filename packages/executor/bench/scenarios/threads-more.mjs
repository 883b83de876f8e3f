import { pool, pythonExecutor, threads } from '../contenders.mjs'
import { point } from '../points.mjs'

const trivial = [point('trivial', 2, 256), point('trivial', 2, 16), point('trivial', 2, 1)]
const objects = [
  point('object', 1, 16),
  point('object', 1, 1),
  point('object', 2, 256),
  point('object', 2, 16),
  point('object', 2, 1),
]

export default {
  name: 'threads-more',
  title: 'Thread pools in a closed loop: two workers, and objects with fewer in flight',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: [...trivial, ...objects],
  quick: [],
  contenders: [
    ...threads.map((name) => pool(name, 'closed-loop')),
    { ...pythonExecutor('threads'), takes: ({ task }) => task === 'trivial' },
  ],
}
