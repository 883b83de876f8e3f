import { combinators, measures } from '../contenders.mjs'

export default {
  name: 'gather-10',
  title: 'gather of 10 tasks that do nothing; per gather',
  measures,
  points: [{ label: '10,000 times', times: 10_000 }],
  quick: [{ label: '2,000 times', times: 2000 }],
  contenders: combinators('gather-10', { promises: 'Promise.all, no tasks' }),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'gather of 10', of: 'loop-async', against: 'asyncio', atLeast: 1 },
    { what: 'gather of 10', of: 'loop-async', against: 'uvloop', atLeast: 1 },
    { what: 'gather of 10', of: 'loop-async', against: 'effection', atLeast: 1 },
    { what: 'gather of 10', of: 'loop-async', against: 'effect', atLeast: 1 },
  ],
}
