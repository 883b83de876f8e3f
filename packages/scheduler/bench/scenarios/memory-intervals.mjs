import { contenders } from '../contenders.mjs'

export default {
  name: 'memory-intervals',
  title: 'Memory of an interval',
  measures: {
    bytes: { title: 'memory a job', unit: 'B', better: 'less' },
  },
  points: [{ label: 'of 10,000', jobs: 10_000 }],
  quick: [{ label: 'of 2,000', jobs: 2000 }],
  contenders: contenders('memory', 'every'),
  goals: [{ what: 'memory of an interval', of: 'loop', against: 'best peer', atLeast: 1 }],
}
