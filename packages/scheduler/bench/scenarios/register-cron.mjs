import { contenders } from '../contenders.mjs'

export default {
  name: 'register-cron',
  title: 'Register cron jobs',
  measures: {
    ms: { title: 'time', unit: 'ms', better: 'less' },
  },
  points: [{ label: '10,000 jobs', jobs: 10_000 }],
  quick: [{ label: '2,000 jobs', jobs: 2000 }],
  contenders: contenders('register', 'cron'),
  goals: [{ what: 'registering 10,000 cron jobs', of: 'loop', against: 'best peer', atLeast: 1 }],
}
