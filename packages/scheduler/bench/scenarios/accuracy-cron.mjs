import { contenders } from '../contenders.mjs'

export default {
  name: 'accuracy-cron',
  title: 'How late 1,000 cron jobs a second start',
  measures: {
    p99: { title: 'late, 99th percentile', unit: 'ms', better: 'less' },
    p50: { title: 'late, median', unit: 'ms', better: 'less' },
  },
  points: [{ label: '4 s', warmUp: 2, seconds: 4 }],
  quick: [{ label: '2 s', warmUp: 1, seconds: 2 }],
  contenders: contenders('accuracy', 'cron'),
  goals: [{ issue: 7, what: 'accuracy with 1,000 cron jobs a second', of: 'loop', against: 'best peer', atLeast: 1 }],
}
