import { pool, threads } from '../contenders.mjs'

export default {
  name: 'behind-a-long-one',
  title: '200 tasks of 1 ms behind one of 400 ms',
  note: 'piscina sends one task at a time to a worker, so none of its tasks waits in a batch.',
  measures: { ms: { title: 'until the last short one has answered', unit: 'ms', better: 'less' } },
  points: [{ label: '2 workers', workers: 2 }],
  rounds: 5,
  contenders: threads.filter((name) => name !== 'raw').map((name) => pool(name, 'behind-a-long-one')),
  // "No later than without the batch": two such runs differ by up to 5 %.
  goals: [{ what: 'last short task behind a long one', of: 'loop-threads', against: 'piscina', atLeast: 0.95 }],
}
