import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`../contenders/${name}`, import.meta.url)
const loop = (name, title, ...args) => ({ name, title, kind: 'ours', measure: inNode(program('cold-start.mjs'), args) })

export default {
  name: 'cold-start',
  title: 'A program of 10,000 tasks that each await sleep(0), in a fresh process',
  note: 'First the whole program once, in a process that has run nothing before: JavaScript is still being interpreted then. Then the same again in that process, as in one that stays up.',
  measures: {
    ms: { title: 'whole program, first run', unit: 'ms', better: 'less' },
    later: { title: 'whole program, later runs', unit: 'ms', better: 'less' },
  },
  points: [{ label: '10,000 tasks', tasks: 10_000, again: 20 }],
  rounds: 5,
  contenders: [
    loop('native', 'Loop, native selector, generators', 'native', 'generator'),
    loop('native-async', 'Loop, native selector, async functions', 'native', 'async'),
    loop('default', 'Loop, default (polling) selector, generators', 'default', 'generator'),
    loop('default-async', 'Loop, default (polling) selector, async functions', 'default', 'async'),
    ...pythonLoops(program('cold_start.py')),
  ],
  asked: ['native', 'native-async'],
  nodes: true,
  // 25 and 40 ms where asyncio takes 70 and uvloop 50.
  goals: [
    { what: 'the first run, generators', of: 'native', against: 'asyncio', atLeast: 2.8 },
    { what: 'the first run, generators', of: 'native', against: 'uvloop', atLeast: 2 },
    { what: 'the first run, async functions', of: 'native-async', against: 'asyncio', atLeast: 1.75 },
    { what: 'the first run, async functions', of: 'native-async', against: 'uvloop', atLeast: 1.25 },
  ],
}
