import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'queue-1',
  title: 'A queue of one place, between a producer and a consumer; per item',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('queue-1', ['effect']),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'a queue of one place', of: 'loop-async', against: 'asyncio', atLeast: 1 },
    { what: 'a queue of one place', of: 'loop-async', against: 'uvloop', atLeast: 1 },
    { what: 'a queue of one place', of: 'loop-async', against: 'effect', atLeast: 1 },
  ],
}
