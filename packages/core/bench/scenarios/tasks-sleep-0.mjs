import { bothForms, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'tasks-sleep-0',
  title: 'Tasks that each await sleep(0), gathered; per task',
  note: 'One shared immediate is the least that Node can do: no task is a task there, none can be cancelled.',
  measures,
  points: [{ label: '10,000 tasks', tasks: 10_000 }],
  contenders: [
    ...bothForms('tasks-sleep-0'),
    node('tasks-sleep-0:own-immediates', 'node-own-immediates', 'Node, own immediates'),
    node('tasks-sleep-0:shared-immediate', 'node-shared-immediate', 'Node, one shared immediate', 'limit'),
    ...pythons('tasks-sleep-0'),
  ],
  asked: ['loop', 'loop-async'],
  nodes: true,
  headline: { what: '10,000 tasks of async functions', of: 'loop-async', against: ['asyncio', 'uvloop'] },
  goals: [
    { what: '10,000 tasks, generators', of: 'loop', against: 'asyncio', atLeast: 13 },
    { what: '10,000 tasks, async functions', of: 'loop-async', against: 'asyncio', atLeast: 6 },
    { what: '10,000 tasks, async functions', of: 'loop-async', against: 'node-own-immediates', atLeast: 1 },
  ],
}
