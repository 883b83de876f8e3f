import { inNode } from '@loop/bench-kit'

const program = new URL('../contenders/overhead.mjs', import.meta.url)
const contender = (name, title, ...variants) => ({ name, title, kind: 'ours', measure: inNode(program, variants) })

export default {
  name: 'monitor-overhead',
  title: "The monitor's cost for callSoon",
  note: 'Against a bare loop, batch beside batch in one process; a cost below zero is noise. Run times are opt-in.',
  measures: {
    percent: { title: 'cost against a bare loop', unit: '%', better: 'less', ratios: false },
    more: { title: 'cost against the monitor without it', unit: '%', better: 'less', ratios: false },
    ns: { title: 'time a call', unit: 'ns', better: 'less' },
  },
  points: [{ label: '100 batches of 100,000', batches: 100 }],
  quick: [{ label: '20 batches of 100,000', batches: 20 }],
  rounds: 5,
  // Run times have a process of their own: they take the observed turn, and would keep the JIT from what programs
  // without them get.
  contenders: [
    contender('monitor', 'monitor', 'monitor'),
    contender('watchdog', 'monitor and watchdog', 'monitor', 'monitor and watchdog'),
    contender('run-times', 'monitor with run times', 'monitor with run times'),
  ],
  goals: [
    { what: 'overhead of the monitor', of: 'monitor', measure: 'percent', atMost: 3 },
    { what: 'overhead of the watchdog', of: 'watchdog', measure: 'more', atMost: 1 },
  ],
}
