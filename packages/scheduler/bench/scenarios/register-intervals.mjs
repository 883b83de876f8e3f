import { contenders } from '../contenders.mjs'

export default {
  name: 'register-intervals',
  title: 'Register intervals',
  measures: {
    ms: { title: 'time', unit: 'ms', better: 'less' },
  },
  points: [{ label: '10,000 jobs', jobs: 10_000 }],
  quick: [{ label: '2,000 jobs', jobs: 2000 }],
  contenders: contenders('register', 'every'),
  goals: [{ what: 'registering 10,000 intervals', of: 'loop', against: 'best peer', atLeast: 1 }],
}
