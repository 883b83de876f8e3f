import { loop, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'call-soon',
  title: 'callSoon: schedule and run, in batches',
  note: 'process.nextTick and queueMicrotask run before Node looks at I/O again, so they are no event loop: beside, not peers.',
  measures,
  points: [{ label: '100,000 at once', calls: 100_000 }],
  contenders: [
    loop('call-soon'),
    loop('call-soon:public-drain', 'loop-public-drain', 'Loop, public drain'),
    node('call-soon:setImmediate', 'set-immediate', 'setImmediate'),
    node('call-soon:queueMicrotask', 'queue-microtask', 'queueMicrotask', 'reference'),
    node('call-soon:nextTick', 'next-tick', 'process.nextTick', 'reference'),
    ...pythons('call-soon'),
  ],
  nodes: true,
  goals: [
    { what: 'callSoon', of: 'loop', against: 'asyncio', atLeast: 7 },
    { what: 'callSoon', of: 'loop', against: 'uvloop', atLeast: 4 },
  ],
}
