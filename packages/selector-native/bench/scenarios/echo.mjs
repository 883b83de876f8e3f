import { compare, geometricMean, measure } from '../harness.mjs'
import { ratios, table } from '../report.mjs'

const POINTS = [64, 1024, 16384].flatMap((bytes) => [1, 10, 100, 1000].map((connections) => ({ connections, bytes, pipeline: 1 })))
POINTS.push(...[1, 10, 100, 1000].map((connections) => ({ connections, bytes: 64, pipeline: 16 })))
const BASE = 'StreamIo epoll'

/** Echo: connections × message sizes, and 16 messages at a time. Bytes are such as the handler may keep. */
export async function run({ load, contenders, rounds, quick }) {
  const taking = contenders.filter(({ name }) => name !== 'StreamIo busy')
  const points = quick ? POINTS.filter(({ connections }) => connections === 100) : POINTS
  const results = []
  for (const point of points) {
    const medians = await compare(taking, rounds, ({ command }) => measure(load, command('echo'), point))
    results.push({ label: `${point.connections} × ${point.bytes} B${point.pipeline > 1 ? ` × ${point.pipeline}` : ''}`, point, medians })
  }
  const busy = results.filter(({ point }) => point.connections >= 10)
  const single = busy.filter(({ point }) => point.pipeline === 1)
  const large = single.filter(({ point }) => point.bytes === 16384)
  const names = taking.map(({ name }) => name)
  return [
    '### Echo, thousand messages a second',
    table(names, results, ({ rate }) => (rate / 1000).toFixed(1)),
    '### Echo, CPU microseconds a message',
    table(names, results, ({ cpu }) => cpu.toFixed(2)),
    `### ${BASE} against the others, 10 connections and more (geometric means)`,
    ratios(BASE, names, [
      ['rate', busy, (mine, other) => mine.rate / other.rate],
      ['CPU a message (theirs / ours)', busy, (mine, other) => other.cpu / mine.cpu],
      ['rate, 16 KiB', large, (mine, other) => mine.rate / other.rate],
      ['CPU a message, 16 KiB', large, (mine, other) => other.cpu / mine.cpu],
    ], geometricMean),
  ]
}
