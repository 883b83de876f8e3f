import { compare, measure } from '../harness.mjs'
import { table } from '../report.mjs'

/** One connection, with and without busy polling for 50 microseconds. */
export async function run({ load, contenders, rounds }) {
  const taking = contenders.filter(({ name }) => /^(C|StreamIo epoll|StreamIo busy|node|uvloop)/.test(name))
  const medians = await compare(taking, rounds, ({ command }) => measure(load, command('echo'), { connections: 1, bytes: 64 }))
  const names = taking.map(({ name }) => name)
  const results = [{ label: '1 × 64 B', medians }]
  return [
    '### One connection, thousand messages a second',
    table(names, results, ({ rate }) => (rate / 1000).toFixed(1)),
    '### One connection, median round trip in microseconds',
    table(names, results, ({ p50 }) => p50.toFixed(0)),
  ]
}
