import { measureIdleMemory } from '@loop/bench-kit/server'
import { everyone } from '../contenders.mjs'

export default {
  name: 'idle-memory',
  title: 'Memory of an idle connection in user space, after one echo',
  measures: { bytes: { title: 'memory a connection', unit: 'B', better: 'less' } },
  points: [{ label: 'at 5,000 connections', connections: 5000 }],
  quick: [{ label: 'at 2,000 connections', connections: 2000 }],
  contenders: everyone('echo', measureIdleMemory),
  goals: [{ issue: 4, what: 'memory of an idle connection', of: 'loop', against: 'node-net', atLeast: 3, headline: true }],
}
