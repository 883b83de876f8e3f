import { pool } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const waiting = [
  point('wait', 1, 256, { tasksPerWorker: 32, warmMs: 1000, measureMs: 1000 }),
  point('trivial', 1, 256, { tasksPerWorker: 32, label: 'trivial task, 1 worker of 32 places, 256 in flight' }),
]

export default {
  name: 'async-tasks',
  title: 'Asynchronous tasks, 32 at a time in a worker',
  note: 'Both pools allow 32 tasks a worker. While each waits 10 ms, no pool can do more than 3,200 calls a second and worker.',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: waiting,
  quick: quick(waiting),
  rounds: 5,
  contenders: ['loop-threads', 'piscina'].map((name) => pool(name, 'closed-loop')),
  goals: [
    {
      what: 'trivial tasks, 32 places a worker',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 3,
      over: ({ task }) => task === 'trivial',
    },
  ],
}
