import { ours } from '../contenders.mjs'

export default {
  name: 'many-jobs',
  title: 'What a job and a wake-up cost among many jobs',
  note: 'Both are O(log n): a hundred times the jobs must not cost much more each.',
  measures: {
    register: { title: 'registering a job', unit: 'µs', better: 'less' },
    wakeUp: { title: 'a wake-up with one run', unit: 'µs', better: 'less' },
  },
  growth: 'jobs',
  points: [1000, 10_000, 100_000, 1_000_000].map((jobs) => ({ label: `${jobs.toLocaleString('en')} jobs`, jobs })),
  quick: [{ label: '10,000 jobs', jobs: 10_000 }],
  contenders: [ours('scale', 'every')],
  goals: [
    {
      what: 'registering a job among a million, beside ten thousand',
      of: 'loop',
      between: [10_000, 1_000_000],
      atMost: 2,
    },
    {
      what: 'a wake-up among a million jobs, beside ten thousand',
      of: 'loop',
      measure: 'wakeUp',
      between: [10_000, 1_000_000],
      atMost: 2,
    },
  ],
}
