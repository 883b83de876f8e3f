import { echoMeasures } from '@loop/bench-kit/server'
import { handlers } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

export default {
  name: 'handlers',
  title: 'Async handlers over streams: for await, write, drain',
  measures: echoMeasures,
  points: [10, 100, 1000].map((connections) => point(connections, 64)),
  quick: quick(point(100, 64)),
  rounds: 5,
  contenders: handlers,
  nodes: ({ connections }) => connections === 100,
  headline: { what: 'async handlers over streams', of: 'loop', against: ['node-streams', 'uvloop'] },
  goals: [
    { what: 'async handlers over streams', of: 'loop', against: 'node-streams', atLeast: 1.7 },
    { what: 'async handlers over streams', of: 'loop', against: 'uvloop', atLeast: 1.6 },
  ],
}
