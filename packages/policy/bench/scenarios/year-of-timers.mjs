import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/year.mjs', import.meta.url)

export default {
  name: 'year-of-timers',
  title: 'A year of a daily timer in virtual time',
  measures: { ms: { title: 'real time', unit: 'ms', better: 'less' } },
  points: [{ label: '365 days', days: 365 }],
  contenders: [{ name: 'loop', title: 'Loop, deterministic', kind: 'ours', measure: inNode(program) }],
  // "Well under a second": half of one.
  goals: [{ what: 'a year of a daily timer in virtual time', of: 'loop', atMost: 500 }],
}
