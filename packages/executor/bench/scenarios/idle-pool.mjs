import { inNode } from '@loop/bench-kit'

const program = new URL('../measurements/idle.mjs', import.meta.url)

export default {
  name: 'idle-pool',
  title: 'Processor time of a pool that has nothing to do',
  measures: { percent: { title: 'of a core', unit: '%', better: 'less', ratios: false } },
  points: [{ label: '2 s after work', seconds: 2 }],
  quick: [{ label: '1 s after work', seconds: 1 }],
  contenders: [
    { name: 'idle', title: 'Loop', kind: 'ours', measure: inNode(program, ['sleep']) },
    { name: 'idle-spinning', title: 'Loop, spinning', kind: 'ours', measure: inNode(program, ['spin']) },
  ],
  goals: [
    { what: 'an idle pool', of: 'idle', atMost: 0.1 },
    { what: 'an idle pool, spinning on', of: 'idle-spinning', atMost: 0.1 },
  ],
}
