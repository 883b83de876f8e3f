import { contenders } from '../contenders.mjs'

export default {
  name: 'memory-cron',
  title: 'Memory of a cron job',
  measures: {
    bytes: { title: 'memory a job', unit: 'B', better: 'less' },
  },
  points: [{ label: 'of 10,000', jobs: 10_000 }],
  quick: [{ label: 'of 2,000', jobs: 2000 }],
  contenders: contenders('memory', 'cron'),
  goals: [{ what: 'memory of a cron job', of: 'loop', against: 'best peer', atLeast: 1 }],
}
