import { echoMeasures } from '@loop/bench-kit/server'
import { handlers } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

export default {
  name: 'handlers',
  title: 'Async handlers over streams: for await, write, drain',
  measures: echoMeasures,
  points: [10, 100, 1000].map((connections) => point(connections, 64)),
  quick: quick(point(100, 64)),
  contenders: handlers,
  goals: [
    { issue: 4, what: 'async handlers over streams', of: 'loop', against: 'node-streams', atLeast: 2, headline: true },
    { issue: 4, what: 'async handlers over streams', of: 'loop', against: 'uvloop', atLeast: 1.6, headline: true },
  ],
}
