import { echoMeasures } from '@loop/bench-kit/server'
import { onSeveralCores } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const { rate, p50 } = echoMeasures
const workers = (count) => ({ ...point(100, 64), label: `${count} worker${count === 1 ? '' : 's'}`, workers: count })

export default {
  name: 'several-cores',
  title: 'Echo of 64 B by several workers that share a port, 100 connections',
  note: 'Nobody is kept on a core, and the load generator wants one too: with two cores, two workers can win little. docs/performance.md says how to measure more.',
  measures: { rate, p50 },
  points: [workers(1), workers(2)],
  quick: quick(workers(2)),
  contenders: onSeveralCores,
  asked: ['loop-threads', 'loop-processes'],
}
