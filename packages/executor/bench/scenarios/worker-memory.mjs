import { pool, threads } from '../contenders.mjs'

export default {
  name: 'worker-memory',
  title: 'Resident memory that a worker adds',
  measures: { mib: { title: 'memory a worker', unit: 'MiB', better: 'less' } },
  points: [{ label: '8 workers', workers: 8 }],
  quick: [],
  contenders: threads.filter((name) => name !== 'piscina-tuned').map((name) => pool(name, 'memory')),
}
