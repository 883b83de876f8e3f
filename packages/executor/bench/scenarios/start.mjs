import { pool, threads } from '../contenders.mjs'

export default {
  name: 'start',
  title: 'From the import of the pool to its first result',
  measures: { ms: { title: 'time', unit: 'ms', better: 'less' } },
  points: [{ label: '1 worker', workers: 1 }],
  contenders: threads.filter((name) => name !== 'piscina-tuned').map((name) => pool(name, 'start')),
}
