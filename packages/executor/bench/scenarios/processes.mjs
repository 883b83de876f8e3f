import { pool, processes, pythonExecutor } from '../contenders.mjs'
import { at, point, quick } from '../points.mjs'

const points = [point('trivial', 1, 256), point('trivial', 1, 1)]

export default {
  name: 'processes',
  title: 'Process pools in a closed loop',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points,
  quick: quick(points.slice(0, 1)),
  rounds: 5,
  contenders: [...processes.map((name) => pool(name, 'closed-loop')), pythonExecutor('processes')],
  goals: [
    {
      what: 'processes, 256 in flight',
      of: 'loop-processes',
      against: 'best peer',
      atLeast: 5,
      over: at('trivial', 1, 256),
    },
  ],
}
