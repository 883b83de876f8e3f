import { measureIdleMemory } from '@loop/bench-kit/server'
import { everyone } from '../contenders.mjs'

/** Ten thousand are held by ours, and by what it is compared with. */
const few = ({ connections }) => connections <= 5000

export default {
  name: 'idle-memory',
  title: 'Memory of an idle connection in user space, after one echo',
  measures: { bytes: { title: 'memory a connection', unit: 'B', better: 'less' } },
  points: [
    { label: 'at 5,000 connections', connections: 5000 },
    { label: 'at 10,000 connections', connections: 10_000 },
  ],
  quick: [{ label: 'at 2,000 connections', connections: 2000 }],
  contenders: everyone('echo', measureIdleMemory).map((contender) =>
    /^(loop|node-net|c-epoll)$/.test(contender.name) ? contender : Object.assign(contender, { takes: few }),
  ),
  goals: [
    { what: 'memory of an idle connection', of: 'loop', atMost: 1200 },
    { what: 'memory of an idle connection', of: 'loop', against: 'node-net', atLeast: 4 },
  ],
}
