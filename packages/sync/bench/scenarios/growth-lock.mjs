import { measures, waiters } from '../contenders.mjs'

const at = (count) => ({ label: `${count.toLocaleString('en')}`, count })

export default {
  name: 'growth-lock',
  title: 'As waiters of one lock grow in number; per waiter',
  measures,
  growth: 'count',
  points: [1000, 10_000, 100_000, 1_000_000].map(at),
  quick: [],
  contenders: waiters,
  asked: ['loop', 'loop-async'],
  goals: [
    {
      what: 'a waiter of a lock among a million, beside ten thousand',
      of: 'loop',
      between: [10_000, 1_000_000],
      atMost: 2,
    },
  ],
}
