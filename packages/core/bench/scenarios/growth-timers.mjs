import { others } from '../contenders.mjs'
import { growing } from '../growing.mjs'

export default {
  name: 'growth-timers',
  title: 'As timers grow in number: all fire within 100 ms; per timer',
  note: 'CPU time: up to some ten thousand, most of the 100 ms is waiting.',
  ...growing,
  quick: [],
  measures: {
    cpu: { title: 'CPU time', unit: 'ns', better: 'less' },
    peak: { title: 'peak memory of the process', unit: 'MB', better: 'less' },
  },
  contenders: others(
    'growth.mjs',
    'timers',
    ['loop', 'Loop', 'ours', 'loop:timers'],
    ['node', 'setTimeout', 'peer', 'node:timers'],
  ),
  goals: [
    { what: 'a timer among a million, beside ten thousand', of: 'loop', between: [10_000, 1_000_000], atMost: 2 },
  ],
}
