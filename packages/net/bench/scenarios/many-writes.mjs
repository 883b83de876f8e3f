import { echoMeasures } from '@loop/bench-kit/server'
import { corked, everyone } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

export default {
  name: 'many-writes',
  title: 'Many small writes in one callback',
  note: '16 × 64 bytes arrive together, and each 64 are answered by a write of their own. uvloop 0.17 (Debian 12) puts the writes of a callback together; newer ones send each at once.',
  measures: echoMeasures,
  points: [point(10, 64, 16), point(100, 64, 16)],
  quick: quick(point(100, 64, 16)),
  contenders: [...everyone('split'), ...corked()],
  goals: [{ what: '16 small writes in a callback', of: 'loop', against: 'node-net', atLeast: 8.5 }],
}
