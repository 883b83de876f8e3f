import { measures, structure } from '../contenders.mjs'

const QUEUES = ['ReadyQueue', 'denque', 'yocto-queue', 'fastq']

export default {
  name: 'queue',
  title: 'First-in first-out queue: fill with 1,000, drain; per item',
  measures,
  points: [{ label: 'a million items', items: 1_000_000 }],
  contenders: QUEUES.map((name) => structure('queues.mjs', 'queue', name)),
  goals: [{ what: 'ready queue', of: 'ReadyQueue', against: 'best peer', atLeast: 1 }],
}
