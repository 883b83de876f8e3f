import { echoMeasures } from '@loop/bench-kit/server'
import { overTls } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const full = { ...point(50, 64), label: 'full, 50 at a time', mode: 'churn', tls: true }
const resumed = { ...point(50, 64), label: 'resumed, 50 at a time', mode: 'resume', tls: true }

export default {
  name: 'tls-handshakes',
  title: 'TLS handshakes: accept, handshake, one echo of 64 B, close',
  measures: {
    ...echoMeasures,
    rate: { title: 'connections', unit: '1/s', better: 'more' },
    cpu: { title: "server's CPU time a connection", unit: 'µs', better: 'less' },
  },
  points: [full, resumed],
  quick: quick(full),
  contenders: overTls(),
  asked: ['loop', 'loop-node-tls'],
  goals: [{ what: 'TLS handshakes', of: 'loop', against: 'uvloop', atLeast: 1 }],
}
