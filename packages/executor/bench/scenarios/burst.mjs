import { pool, threads } from '../contenders.mjs'

export default {
  name: 'burst',
  title: 'A burst of calls at once, until the last has answered',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: [{ label: '50,000 calls, 2 workers', workers: 2, count: 50_000 }],
  quick: [{ label: '10,000 calls, 2 workers', workers: 2, count: 10_000 }],
  contenders: threads.map((name) => pool(name, 'burst')),
}
