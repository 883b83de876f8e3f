import { ours } from '../contenders.mjs'

export default {
  name: 'many-jobs',
  title: 'What a job and a wake-up cost among many jobs',
  note: 'Both are O(log n): a hundred times the jobs must not cost much more each.',
  measures: {
    register: { title: 'registering a job', unit: 'µs', better: 'less' },
    wakeUp: { title: 'a wake-up with one run', unit: 'µs', better: 'less' },
  },
  points: [1000, 10_000, 100_000].map((jobs) => ({ label: `${jobs.toLocaleString('en')} jobs`, jobs })),
  quick: [{ label: '10,000 jobs', jobs: 10_000 }],
  contenders: [ours('scale', 'every')],
}
