import { pool, threads } from '../contenders.mjs'

export default {
  name: 'compute',
  title: 'Work that is nothing but computing, in sixteen parts',
  measures: { rate: { title: 'parts', unit: '1/s', better: 'more' } },
  points: [{ label: '2 workers', workers: 2 }],
  rounds: 5,
  contenders: threads.filter((name) => name !== 'piscina-tuned').map((name) => pool(name, 'compute')),
  // "Within 5 %".
  goals: [{ what: 'CPU-bound work on 2 workers', of: 'loop-threads', against: 'best peer', atLeast: 0.95 }],
}
