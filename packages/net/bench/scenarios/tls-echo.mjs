import { echoMeasures } from '@loop/bench-kit/server'
import { overTls } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const tls = (one) => ({ ...one, tls: true })

export default {
  name: 'tls-echo',
  title: 'Echo over TLS',
  note: "TLS 1.3 with a certificate on an elliptic curve. By default the selector speaks TLS; the option tlsEngine chooses Node's.",
  measures: echoMeasures,
  points: [point(100, 64), point(1000, 64), point(100, 16384)].map(tls),
  quick: quick(point(100, 64)).map(tls),
  rounds: 5,
  contenders: overTls(),
  asked: ['loop', 'loop-node-tls'],
  goals: [
    {
      what: 'TLS echo of 64 B',
      of: 'loop',
      against: 'node-tls',
      atLeast: 1.5,
      over: ({ bytes }) => bytes === 64,
    },
    { what: 'TLS echo', of: 'loop', against: 'uvloop', atLeast: 1 },
  ],
}
