import { inNode } from '@loop/bench-kit'

const program = (/** @type {string} */ kind) => new URL(`../contenders/${kind}.mjs`, import.meta.url)

export default {
  name: 'hour-of-messages',
  title: 'Three hosts that exchange 100 messages a second, for an hour of virtual time',
  measures: { ms: { title: 'real time', unit: 'ms', better: 'less' } },
  points: [{ label: 'an hour', minutes: 60 }],
  quick: [{ label: 'ten minutes', minutes: 10 }],
  contenders: [
    { name: 'streams', title: 'Loop, streams', kind: 'ours', measure: inNode(program('streams')) },
    { name: 'protocols', title: 'Loop, protocols', kind: 'ours', measure: inNode(program('protocols')) },
  ],
  // "At most 4 s on one core".
  goals: [{ what: 'an hour of three hosts with 100 messages a second', of: 'streams', atMost: 4000 }],
}
