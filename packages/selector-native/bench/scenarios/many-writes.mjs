import { compare, measure } from '../harness.mjs'
import { table } from '../report.mjs'

/** Many small writes in one callback: 16 × 64 bytes arrive together, and each 64 are answered by a write of their own. */
export async function run({ load, contenders, rounds, quick }) {
  const taking = contenders
    .filter(({ name }) => name !== 'StreamIo busy')
    .flatMap(({ name, command, modes }) => [
      ...(modes.includes('split') ? [{ name, command: () => command('split') }] : []),
      ...(modes.includes('corked') ? [{ name: `${name} corked`, command: () => command('corked') }] : []),
    ])
  const results = []
  for (const connections of quick ? [100] : [1, 10, 100]) {
    const medians = await compare(taking, rounds, ({ command }) => measure(load, command(), { connections, bytes: 64, pipeline: 16 }))
    results.push({ label: `${connections} connections`, medians })
  }
  const names = taking.map(({ name }) => name)
  return ['### Many small writes in a callback, thousand messages a second', table(names, results, ({ rate }) => (rate / 1000).toFixed(0))]
}
