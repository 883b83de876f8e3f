import { loop, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'call-soon-chain',
  title: 'callSoon: one a turn, each schedules the next',
  measures,
  points: [{ label: '100,000 turns', calls: 100_000 }],
  contenders: [
    loop('call-soon-chain'),
    node('call-soon-chain:setImmediate', 'set-immediate', 'setImmediate'),
    ...pythons('call-soon-chain'),
  ],
  goals: [
    { what: 'a turn of the loop', of: 'loop', against: 'asyncio', atLeast: 18 },
    { what: 'a turn of the loop', of: 'loop', against: 'set-immediate', atLeast: 7 },
  ],
}
