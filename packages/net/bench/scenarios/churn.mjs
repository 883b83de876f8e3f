import { echoMeasures } from '@loop/bench-kit/server'
import { everyone } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const fifty = { ...point(50, 64), label: '50 at a time', mode: 'churn' }

export default {
  name: 'churn',
  title: 'Connection churn: accept, one echo of 64 B, close',
  measures: { ...echoMeasures, rate: { title: 'connections', unit: '1/s', better: 'more' } },
  points: [fifty],
  quick: quick(fifty),
  contenders: everyone('echo'),
  goals: [{ what: 'connection churn', of: 'loop', against: 'node-net', atLeast: 1.5 }],
}
