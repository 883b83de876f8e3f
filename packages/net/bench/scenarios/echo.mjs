import { echoMeasures } from '@loop/bench-kit/server'
import { peers } from '../../../selector-native/bench/contenders.mjs'
import { buffered, loop, overNode, overUv } from '../contenders.mjs'
import { enough, point, quick } from '../points.mjs'

const CONNECTIONS = [1, 10, 100, 1000]
const small = (one) => enough(one) && one.bytes <= 1024
const large = (one) => enough(one) && one.bytes === 16384
/** The ways over Node's own means are for platforms without the native selector: seen at one number of connections. */
const inTheMiddle = ({ connections }) => connections === 100

export default {
  name: 'echo',
  title: 'Echo by the Protocol API',
  note: 'Connections × bytes of a message × messages sent together. Server on one core, load generator on another; the handler may keep the bytes.',
  measures: echoMeasures,
  points: [
    ...[64, 1024, 16384].flatMap((bytes) => CONNECTIONS.map((connections) => point(connections, bytes))),
    ...CONNECTIONS.map((connections) => point(connections, 64, 16)),
  ],
  quick: quick(point(100, 64), point(100, 16384)),
  rounds: 5,
  contenders: [
    loop.in('echo'),
    buffered.in('buffered'),
    ...[overUv, overNode].map((server) => ({ ...server.in('echo'), takes: inTheMiddle })),
    ...peers.map((server) => server.in('echo')),
  ],
  nodes: ({ connections, bytes, pipeline }) => connections === 100 && bytes === 64 && pipeline === 1,
  headline: {
    what: 'echo of messages up to 1 KiB, 10 connections and more',
    of: 'loop',
    against: ['node-net', 'uvloop', 'c-epoll'],
    over: small,
  },
  goals: [
    { what: 'echo up to 1 KiB, 10 connections and more', of: 'loop', against: 'c-epoll', atLeast: 0.9, over: small },
    { what: 'echo up to 1 KiB, 10 connections and more', of: 'loop', against: 'uvloop', atLeast: 1.08, over: small },
    { what: 'echo of 16 KiB, buffered protocol', of: 'loop-buffered', against: 'uvloop', atLeast: 1, over: large },
    { what: 'echo of 16 KiB, bytes that are kept', of: 'loop', against: 'uvloop', atLeast: 0.88, over: large },
  ],
}
