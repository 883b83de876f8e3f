import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/hooks-off.mjs', import.meta.url)

export default {
  name: 'hooks-off',
  title: "The debug loop's hooks, taken off again: cost for callSoon",
  note: 'Against a loop that never had them, batch beside batch in one process.',
  measures: { percent: { title: 'cost', unit: '%', better: 'less', ratios: false } },
  points: [{ label: '60 batches of 100,000', batches: 60 }],
  quick: [{ label: '15 batches of 100,000', batches: 15 }],
  rounds: 5,
  contenders: [{ name: 'loop', title: 'Loop, hooks off', kind: 'ours', measure: inNode(program) }],
  // "Nothing that the benchmark can see": the noise between two equal loops is about 2 %.
  goals: [{ what: 'debug hooks, off', of: 'loop', atMost: 2 }],
}
