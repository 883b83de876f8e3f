import { echoMeasures } from '@loop/bench-kit/server'
import { peers } from '../../../selector-native/bench/contenders.mjs'
import { busy, loop } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

export default {
  name: 'busy-poll',
  title: 'One connection, with and without busy polling',
  note: 'Busy polling is opt-in: the server looks for 50 µs more before it sleeps.',
  measures: echoMeasures,
  points: [point(1, 64)],
  quick: quick(point(1, 64)),
  contenders: [busy, loop, ...peers].map((server) => server.in('echo')),
  goals: [{ what: 'one connection, busy poll', of: 'loop-busy', against: 'loop', atLeast: 2.5 }],
}
