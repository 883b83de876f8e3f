import { echoMeasures } from '@loop/bench-kit/server'
import { overTls } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const MIB = 1 << 20
const bulk = { ...point(4, MIB), label: '4 connections × 1 MiB', tls: true }

export default {
  name: 'tls-bulk',
  title: 'Bulk over TLS: a mebibyte there and back',
  measures: {
    ...echoMeasures,
    rate: { title: 'each way', unit: 'MiB/s', better: 'more' },
    cpu: { title: "server's CPU time a mebibyte", unit: 'µs', better: 'less' },
  },
  points: [bulk],
  quick: quick(bulk),
  contenders: overTls(),
  asked: ['loop', 'loop-node-tls'],
  goals: [{ what: 'bulk over TLS', of: 'loop', against: 'uvloop', atLeast: 1 }],
}
