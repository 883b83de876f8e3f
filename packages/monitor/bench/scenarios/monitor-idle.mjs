import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/idle.mjs', import.meta.url)
const contender = (name, title, kind) => ({ name, title, kind, measure: inNode(program, [name]) })

export default {
  name: 'monitor-idle',
  title: 'An idle loop: processor time a second',
  measures: { ms: { title: 'processor time', unit: 'ms/s', better: 'less' } },
  points: [{ label: '3 s', seconds: 3 }],
  quick: [{ label: '1 s', seconds: 1 }],
  contenders: [
    contender('monitor', 'monitor', 'ours'),
    contender('watchdog', 'monitor and watchdog', 'ours'),
    contender('bare', 'bare loop', 'limit'),
  ],
}
