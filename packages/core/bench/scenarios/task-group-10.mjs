import { combinators, measures } from '../contenders.mjs'

export default {
  name: 'task-group-10',
  title: 'taskGroup of 10 tasks that do nothing; per group',
  measures,
  points: [{ label: '10,000 groups', times: 10_000 }],
  quick: [{ label: '2,000 groups', times: 2000 }],
  contenders: combinators('task-group-10'),
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'taskGroup of 10', of: 'loop-async', against: 'asyncio', atLeast: 1 },
    { what: 'taskGroup of 10', of: 'loop-async', against: 'uvloop', atLeast: 1 },
    { what: 'taskGroup of 10', of: 'loop-async', against: 'effection', atLeast: 1 },
    { what: 'taskGroup of 10', of: 'loop-async', against: 'effect', atLeast: 1 },
  ],
}
