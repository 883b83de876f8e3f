/** One sentence on what was measured where. */

/** @param {import('../results.mjs').Results} results */
export function machineWords({ started, machine: { cpu, cores, os, node }, scenarios, load }) {
  const rounds = scenarios.flatMap(({ points }) => points.map(({ rounds }) => rounds))
  const least = Math.min(...rounds)
  const most = Math.max(...rounds)
  const count = rounds.length === 0 ? 'no' : least === most ? `${least}` : `${least} to ${most}`
  return `${started.slice(0, 10)}, ${cpu}, ${cores} cores, ${os}, Node ${node.replace('v', '')}; medians of ${count} round${count === '1' ? '' : 's'}${load === null ? '' : `, others kept ${load.median.toFixed(1)} cores busy`}.`
}
