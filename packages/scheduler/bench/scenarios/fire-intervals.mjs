import { contenders } from '../contenders.mjs'

export default {
  name: 'fire-intervals',
  title: 'Run 1,000 intervals each second, in accelerated time',
  measures: {
    ms: { title: 'time', unit: 'ms', better: 'less' },
  },
  points: [{ label: '100,000 runs', seconds: 100 }],
  quick: [{ label: '20,000 runs', seconds: 20 }],
  contenders: contenders('fire', 'every'),
  goals: [{ what: '100,000 runs of intervals', of: 'loop', against: 'best peer', atLeast: 1 }],
}
