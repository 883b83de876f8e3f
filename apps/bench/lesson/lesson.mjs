import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`contenders/${name}`, import.meta.url)
const loop = (name, title, ...args) => ({ name, title, kind: 'ours', measure: inNode(program('loop.mjs'), args) })

export default {
  name: 'lesson',
  title: "The lesson's program: 10,000 tasks that each await sleep(0)",
  note: 'First the whole program once, in a process that has run nothing before: JavaScript is still being interpreted then. Then the same again in that process, as in one that stays up. The quoted figures were measured elsewhere, on another machine.',
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
    ...pythonLoops(program('lesson.py')),
  ],
  quoted: [
    { title: 'asyncio, as the lesson says', values: { ms: 180 } },
    { title: 'uvloop, as the lesson says', values: { ms: 65 } },
  ],
}
