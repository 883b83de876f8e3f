import { loop, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'timers-cancelled',
  title: 'callLater of 1 to 100 s, then cancelled; per timer',
  measures,
  points: [{ label: 'a million timers', timers: 1_000_000 }],
  quick: [{ label: '200,000 timers', timers: 200_000 }],
  contenders: [
    loop('timers-cancelled'),
    node('timers-cancelled', 'set-timeout', 'setTimeout'),
    ...pythons('timers-cancelled'),
  ],
  goals: [{ what: 'a million timers, cancelled', of: 'loop', against: 'asyncio', atLeast: 5 }],
}
