import { bothForms, measures, node, pythons } from '../contenders.mjs'

export default {
  name: 'switch',
  title: 'Two tasks that wake each other through futures; per switch',
  measures,
  points: [{ label: '100,000 switches', futures: 100_000 }],
  contenders: [
    ...bothForms('switch'),
    node('switch:promises', 'node-promises', 'Node promises, no loop', 'limit'),
    ...pythons('switch'),
  ],
  asked: ['loop', 'loop-async'],
  nodes: true,
  goals: [
    { what: 'switch between generator tasks', of: 'loop', against: 'asyncio', atLeast: 16 },
    { what: 'switch between async tasks', of: 'loop-async', against: 'asyncio', atLeast: 7 },
  ],
}
