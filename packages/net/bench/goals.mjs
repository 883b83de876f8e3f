/** The goals that this benchmark is judged by, and how far they are reached. */
import { geometricMean } from '../../selector-native/bench/harness.mjs'

/** Points with this many connections count for the rates; below, everybody measures the machine's wake-up time. */
const ENOUGH = 10

/** `other` is a name or the beginning of one; `factor` what the ratio must be at least. */
const GOALS = [
  { what: 'echo', scenario: 'echo', mine: 'Loop', other: 'C epoll', factor: 0.92 },
  { what: 'echo', scenario: 'echo', mine: 'Loop', other: 'node:net 20', factor: 1.8 },
  { what: 'echo', scenario: 'echo', mine: 'Loop', other: 'uvloop', factor: 1.15 },
  { what: 'echo, buffered protocol', scenario: 'echo', mine: 'Loop, buffered', other: 'C epoll', factor: 0.92 },
  { what: 'echo of 16 KiB', scenario: 'echo', only: ({ bytes }) => bytes === 16384, mine: 'Loop', other: 'uvloop', factor: 1.1 },
  { what: '16 small writes in a callback', scenario: 'many-writes', mine: 'Loop', other: 'node:net 20', factor: 11 },
  { what: '16 small writes in a callback', scenario: 'many-writes', mine: 'Loop', other: 'node:net 20 corked', factor: 1.7 },
  { what: '16 small writes in a callback', scenario: 'many-writes', mine: 'Loop', other: 'uvloop', factor: 11 },
  { what: 'async handlers', scenario: 'handlers', mine: 'Loop', other: 'node 20', factor: 2 },
  { what: 'async handlers', scenario: 'handlers', mine: 'Loop', other: 'uvloop', factor: 1.6 },
  { what: 'connection churn', scenario: 'churn', mine: 'Loop', other: 'node:net 20', factor: 1.5 },
  { what: 'memory of an idle connection', scenario: 'idle-memory', mine: 'Loop', other: 'node:net 20', factor: 3 },
  { what: 'one connection, busy poll', scenario: 'busy-poll', mine: 'Loop, busy poll', other: 'Loop', factor: 2.5, few: true },
]

/** What a goal compares: rates (or memory, turned round), and CPU time for each message where it was measured. */
function ratiosOf(goal, results) {
  const points = results.filter(({ point }) => (goal.few || (point.connections ?? ENOUGH) >= ENOUGH) && (goal.only?.(point) ?? true))
  const of = (measure) => {
    const values = points.flatMap(({ medians }) => {
      const mine = medians.get(goal.mine)
      const other = medians.get(goal.other)
      return mine?.[measure] > 0 && other?.[measure] > 0 ? [measure === 'rate' ? mine.rate / other.rate : other[measure] / mine[measure]] : []
    })
    return values.length === 0 ? null : geometricMean(values)
  }
  return { value: goal.scenario === 'idle-memory' ? of('bytes') : of('rate'), cpu: of('cpu') }
}

/** A row for each goal whose contenders took part. */
export function goalTable(all) {
  const rows = GOALS.flatMap((goal) => {
    const { value, cpu } = ratiosOf(goal, all.get(goal.scenario) ?? [])
    if (value === null) return []
    const reached = value >= goal.factor ? 'yes' : value >= goal.factor * 0.95 ? 'within 5 %' : 'no'
    return [`| ${goal.what} | ${goal.other} | ≥ ${goal.factor} | ${value.toFixed(2)} | ${cpu === null ? '' : cpu.toFixed(2)} | ${reached} |`]
  })
  return ['| what | against | goal | measured | by CPU time | reached |', '| --- | --- | ---: | ---: | ---: | --- |', ...rows].join('\n')
}
