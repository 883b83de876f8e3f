/** What is measured: each scenario gives its points, each with the medians of all contenders. */
import { compare, idleMemory, measure } from '../../selector-native/bench/harness.mjs'
import { busy, handlers, protocols } from './contenders.mjs'

const CONNECTIONS = [1, 10, 100, 1000]
/** One load for all that compare handlers and writes. */
const SMALL = 64

/** Measures a list of contenders at several points, all of them side by side in each round. */
async function measureAll({ load, rounds }, contenders, points, mode = 'echo') {
  const results = []
  for (const point of points) {
    const medians = await compare(contenders, rounds, ({ command }) => measure(load, command(mode), point))
    results.push({ point, label: labelOf(point), medians })
  }
  return results
}

const labelOf = ({ connections, bytes, pipeline = 1 }) => `${connections} × ${bytes} B${pipeline > 1 ? ` × ${pipeline}` : ''}`

export const scenarios = {
  /** Connections × message sizes, and 16 messages at a time. */
  echo(context) {
    const points = [64, 1024, 16384].flatMap((bytes) => CONNECTIONS.map((connections) => ({ connections, bytes })))
    points.push(...CONNECTIONS.map((connections) => ({ connections, bytes: SMALL, pipeline: 16 })))
    return measureAll(context, protocols(context.compile), context.quick ? points.filter(({ connections }) => connections === 100) : points)
  },

  /** 16 × 64 bytes arrive together, and each 64 are answered by a write of their own. */
  'many-writes'(context) {
    const contenders = protocols(context.compile).flatMap(({ name, command, modes }) => [
      ...(modes.includes('split') ? [{ name, command: () => command('split') }] : []),
      ...(modes.includes('corked') ? [{ name: `${name} corked`, command: () => command('corked') }] : []),
    ])
    return measureAll(context, contenders, (context.quick ? [100] : [10, 100]).map((connections) => ({ connections, bytes: SMALL, pipeline: 16 })))
  },

  /** Async handlers over streams: read, write, drain. */
  handlers: (context) =>
    measureAll(context, handlers(), (context.quick ? [100] : [10, 100, 1000]).map((connections) => ({ connections, bytes: SMALL }))),

  /** Connect, one echo, close; 50 at a time. */
  churn: (context) => measureAll(context, protocols(context.compile), [{ mode: 'churn', connections: 50, bytes: SMALL }]),

  /** User-space memory of an idle connection, at 5,000, each after one echo. */
  async 'idle-memory'({ load, rounds, compile }) {
    const point = { connections: 5000 }
    const medians = await compare(protocols(compile), rounds, ({ command }) => idleMemory(load, command('echo'), point.connections))
    return [{ point, label: 'bytes', medians }]
  },

  /** One connection, with and without busy polling. */
  'busy-poll': (context) =>
    measureAll(context, [...protocols(context.compile), busy], [{ connections: 1, bytes: SMALL }]),
}
