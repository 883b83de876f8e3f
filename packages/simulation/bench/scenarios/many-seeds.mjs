import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/seeds.mjs', import.meta.url)

export default {
  name: 'many-seeds',
  title: 'Seeds in one process: two hosts, crashes and partitions, two seconds each',
  measures: {
    ms: { title: 'real time of a seed', unit: 'ms', better: 'less' },
    grown: { title: 'heap that the second half adds', unit: 'MB', better: 'less', ratios: false },
  },
  points: [{ label: '10,000 seeds', seeds: 10_000 }],
  quick: [{ label: '1,000 seeds', seeds: 1000 }],
  rounds: 1,
  contenders: [
    {
      name: 'loop',
      title: 'Loop',
      kind: 'ours',
      measure: inNode(program, [], { nodeArgs: ['--expose-gc'], limitMs: 300_000 }),
    },
  ],
}
