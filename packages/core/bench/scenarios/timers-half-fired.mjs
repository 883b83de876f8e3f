import { loop, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'timers-half-fired',
  title: 'callLater of 0 to 100 ms, half cancelled, half fired; per timer',
  measures,
  points: [{ label: 'a million timers', timers: 1_000_000 }],
  quick: [{ label: '200,000 timers', timers: 200_000 }],
  contenders: [
    loop('timers-half-fired'),
    node('timers-half-fired', 'set-timeout', 'setTimeout'),
    ...pythons('timers-half-fired'),
  ],
  goals: [{ what: 'a million timers, half fired', of: 'loop', against: 'asyncio', atLeast: 8 }],
}
