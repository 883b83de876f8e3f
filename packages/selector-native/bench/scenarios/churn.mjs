import { compare, measure } from '../harness.mjs'
import { table } from '../report.mjs'

/** Connection churn: connect, one echo of 64 bytes, close; 50 at a time. */
export async function run({ load, contenders, rounds }) {
  const taking = contenders.filter(({ name }) => name !== 'StreamIo busy')
  const medians = await compare(taking, rounds, ({ command }) => measure(load, command('echo'), { mode: 'churn', connections: 50, bytes: 64 }))
  const names = taking.map(({ name }) => name)
  const results = [{ label: '50 at a time', medians }]
  return [
    '### Churn, thousand connections a second',
    table(names, results, ({ rate }) => (rate / 1000).toFixed(1)),
    '### Churn, CPU microseconds a connection',
    table(names, results, ({ cpu }) => cpu.toFixed(1)),
  ]
}
