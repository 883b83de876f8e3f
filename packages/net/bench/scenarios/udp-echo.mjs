import { echoMeasures } from '@loop/bench-kit/server'
import { overUdp } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const udp = (one) => ({ ...one, udp: true })

export default {
  name: 'udp-echo',
  title: 'Echo of datagrams',
  note: 'Sockets × bytes of a datagram; each socket has one under way.',
  measures: echoMeasures,
  points: [point(10, 64), point(100, 64), point(100, 1024)].map(udp),
  quick: quick(point(100, 64)).map(udp),
  contenders: overUdp,
}
