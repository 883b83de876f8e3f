import { combinators, measures } from '../contenders.mjs'

export default {
  name: 'timeout-done',
  title: 'timeout() around a body that is done; per timeout',
  note: 'The race of promises cancels nothing: what loses goes on. The libraries and Loop end the body.',
  measures,
  points: [{ label: '10,000 times', times: 10_000 }],
  quick: [{ label: '3,000 times', times: 3000 }],
  contenders: combinators('timeout-done', { promises: 'Promise.race and clearTimeout' }),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'timeout around a done body', of: 'loop-async', against: 'asyncio', atLeast: 1 },
    { what: 'timeout around a done body', of: 'loop-async', against: 'uvloop', atLeast: 1 },
    { what: 'timeout around a done body', of: 'loop-async', against: 'effection', atLeast: 1 },
    { what: 'timeout around a done body', of: 'loop-async', against: 'effect', atLeast: 1 },
  ],
}
