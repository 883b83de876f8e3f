import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`../contenders/${name}`, import.meta.url)
const timers = (name, title, kind, arg) => ({ name, title, kind, measure: inNode(program('precision.mjs'), [arg]) })

export default {
  name: 'precision',
  title: 'How late timers run: 1,000 at random times within a second',
  note: 'All are scheduled at once. Less than nothing is too early, by the clock that the program reads.',
  measures: {
    p50: { title: 'median lateness', unit: 'µs', better: 'less', ratios: false },
    p99: { title: '99th percentile', unit: 'µs', better: 'less', ratios: false },
    cpu: { title: 'CPU while they run', unit: '%', better: 'less', ratios: false },
  },
  points: [{ label: '1,000 timers', timers: 1000 }],
  contenders: [
    timers('native', 'Loop, native selector', 'ours', 'native'),
    timers('default', 'Loop, default (polling) selector', 'ours', 'default'),
    timers('set-timeout', 'setTimeout', 'peer', 'setTimeout'),
    ...pythonLoops(program('precision.py')),
  ],
}
