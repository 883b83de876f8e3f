import { measureIdleMemory } from '@loop/bench-kit/server'
import { overTls } from '../contenders.mjs'

export default {
  name: 'tls-idle-memory',
  title: 'Memory of an idle TLS connection in user space, after one echo',
  measures: { bytes: { title: 'memory a connection', unit: 'B', better: 'less' } },
  points: [{ label: 'at 2,000 connections', connections: 2000, tls: true }],
  quick: [{ label: 'at 500 connections', connections: 500, warm: 200, tls: true }],
  contenders: overTls(measureIdleMemory),
  asked: ['loop', 'loop-node-tls'],
  goals: [{ what: 'memory of an idle TLS connection', of: 'loop', atMost: 20_000 }],
}
