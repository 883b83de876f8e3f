import { echoMeasures } from '@loop/bench-kit/server'
import { overUnix } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

export default {
  name: 'unix-echo',
  title: 'Echo over unix sockets',
  measures: echoMeasures,
  points: [point(10, 64), point(100, 64), point(100, 16384)],
  quick: quick(point(100, 64)),
  contenders: overUnix,
}
