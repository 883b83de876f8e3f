import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/quiet.mjs', import.meta.url)

export default {
  name: 'quiet-day',
  title: 'Three hosts with a timer a second each, for a day of virtual time',
  measures: { ms: { title: 'real time', unit: 'ms', better: 'less' } },
  points: [{ label: 'a day', hours: 24 }],
  contenders: [{ name: 'loop', title: 'Loop', kind: 'ours', measure: inNode(program) }],
  // "At most 0.5 s".
  goals: [{ what: 'a quiet day of three hosts', of: 'loop', atMost: 500 }],
}
