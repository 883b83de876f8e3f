import { measures, structure } from '../contenders.mjs'

const HEAPS = ['TimerHeap', 'tinyqueue', 'heap-js']

export default {
  name: 'heap',
  title: 'Timer queue: insert, cancel half, take the rest in order; per timer',
  measures,
  points: [{ label: 'a million timers', timers: 1_000_000 }],
  quick: [{ label: '200,000 timers', timers: 200_000 }],
  contenders: HEAPS.map((name) => structure('heaps.mjs', 'heap', name)),
  goals: [{ what: 'timer heap', of: 'TimerHeap', against: 'best peer', atLeast: 1 }],
}
