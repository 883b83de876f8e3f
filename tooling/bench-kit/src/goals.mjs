/** Compares what was measured with what was promised. */
import { bestOf, ratiosByRound } from './ratios.mjs'
import { geometricMean, measured, median, summarize } from './statistics.mjs'

/** @typedef {import('./types.mjs').Compared} Compared */
/** @typedef {import('./types.mjs').Fact} Fact */
/** @typedef {import('./types.mjs').Goal} Goal */
/** @typedef {import('./types.mjs').Judgement} Judgement */
/** @typedef {import('./types.mjs').PointResult} PointResult */
/** @typedef {import('./types.mjs').Row} Row */
/** @typedef {import('./types.mjs').Scenario} Scenario */
/** @typedef {import('./types.mjs').ScenarioResult} ScenarioResult */

/**
 * All goals of a scenario, judged by its results.
 * @param {Scenario} scenario
 * @param {ScenarioResult} result
 * @returns {Judgement[]}
 */
export const judge = (scenario, result) => (scenario.goals ?? []).map((goal) => judgement(goal, scenario, result))

/**
 * What a scenario says in the README; none when it has no headline, or nothing of it was measured.
 * @param {Scenario} scenario
 * @param {ScenarioResult} result
 * @returns {Fact[]}
 */
export function factsOf(scenario, result) {
  const { headline } = scenario
  if (headline === undefined) return []
  const { name, measure } = measureOf(headline, scenario)
  const points = result.points.filter(({ point }) => headline.over?.(point) ?? true)
  const ratios = headline.against.flatMap((against) => {
    const found = relative(headline.of, against, name, measure, points)
    return found === undefined
      ? []
      : [{ against: titleOf(scenario, against), value: found.value, min: found.min, max: found.max }]
  })
  return ratios.length === 0
    ? []
    : [{ scenario: scenario.name, what: headline.what, of: titleOf(scenario, headline.of), ratios }]
}

/**
 * @param {Goal} goal
 * @param {Scenario} scenario
 * @param {ScenarioResult} result
 * @returns {Judgement}
 */
function judgement(goal, scenario, result) {
  const { name, measure } = measureOf(goal, scenario)
  const points = result.points.filter(({ point }) => goal.over?.(point) ?? true)
  const found =
    goal.between !== undefined
      ? grown(goal, scenario, name, points)
      : goal.against !== undefined
        ? relative(goal.of, goal.against, name, measure, points)
        : absolute(goal.of, name, points)
  const unit = goal.against === undefined && goal.between === undefined ? measure.unit : '×'
  return {
    scenario: scenario.name,
    what: goal.what,
    of: titleOf(scenario, goal.of),
    against: goal.against === undefined ? '' : rivalTitle(goal.against, scenario, found?.rivals),
    goal: goal.against === undefined ? `≤ ${goal.atMost} ${unit}` : `≥ ${rounded(goal.atLeast)} ×`,
    verdict: found === undefined ? 'not measured' : holds(goal, found.value) ? 'met' : 'not met',
    measured: found?.value ?? null,
    min: found?.min ?? null,
    max: found?.max ?? null,
    unit,
    points: found?.points ?? 0,
    ...(found === undefined ? { reason: reasonOf(goal, points) } : {}),
  }
}

/** Three digits: a goal of 1 / 1.1 is 0.909. */
const rounded = (/** @type {number | undefined} */ value) => Number((value ?? 0).toPrecision(3))

/**
 * @param {Goal} goal
 * @param {number} value
 */
const holds = (goal, value) => (goal.against === undefined ? value <= (goal.atMost ?? 0) : value >= (goal.atLeast ?? 0))

/**
 * @param {Pick<Goal, 'measure' | 'what'>} goal
 * @param {Scenario} scenario
 */
function measureOf(goal, scenario) {
  const name = goal.measure ?? Object.keys(scenario.measures)[0] ?? ''
  const measure = scenario.measures[name]
  if (measure === undefined) throw new Error(`goal "${goal.what}" of ${scenario.name}: there is no measure ${name}`)
  return { name, measure }
}

/**
 * The ratio at each point, combined. The spread is that of the rounds, each combined over its points.
 * @param {string} of name of a contender
 * @param {string} against name of a contender, or "best peer"
 * @param {string} name of the measure
 * @param {import('./types.mjs').Measure} measure
 * @param {readonly PointResult[]} points
 * @returns {Compared | undefined} undefined when no point has both
 */
export function relative(of, against, name, measure, points) {
  const pairs = points.flatMap(({ rows }) => {
    const mine = rowOf(rows, of)
    const other = against === 'best peer' ? bestOf(rows, 'peer', name, measure) : rowOf(rows, against)
    if (mine === undefined || other === undefined) return []
    const ratios = ratiosByRound(mine, other, name, measure)
    return measured(ratios).length === 0 ? [] : [{ ratios, rival: other.title }]
  })
  if (pairs.length === 0) return undefined
  const rounds = Math.max(...pairs.map(({ ratios }) => ratios.length))
  const byRound = Array.from({ length: rounds }, (_, round) =>
    measured(pairs.map(({ ratios }) => ratios[round] ?? null)),
  )
    .filter((values) => values.length === pairs.length)
    .map(geometricMean)
  const value = geometricMean(pairs.map(({ ratios }) => median(measured(ratios))))
  const spread = byRound.length === 0 ? [value] : byRound
  return {
    value,
    min: Math.min(...spread),
    max: Math.max(...spread),
    points: pairs.length,
    rivals: [...new Set(pairs.map(({ rival }) => rival))],
  }
}

/**
 * How many times the measure at the one size is that at the other.
 * @param {Goal} goal
 * @param {Scenario} scenario
 * @param {string} name
 * @param {readonly PointResult[]} points
 * @returns {Compared | undefined}
 */
function grown(goal, { growth = '' }, name, points) {
  const [small, large] = (goal.between ?? []).map((size) => {
    const rows = points.find(({ point }) => point[growth] === size)?.rows ?? []
    return rowOf(rows, goal.of)?.samples[name] ?? []
  })
  const ratios = (large ?? []).flatMap((value, round) => {
    const before = small?.[round] ?? null
    return value === null || before === null || before <= 0 ? [] : [value / before]
  })
  if (ratios.length === 0) return undefined
  return { value: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), points: 2, rivals: [] }
}

/**
 * The largest value of the points: each of them must keep the limit.
 * @param {string} of
 * @param {string} name
 * @param {readonly PointResult[]} points
 */
function absolute(of, name, points) {
  const found = points.flatMap(({ rows }) => summarize(rowOf(rows, of)?.samples[name] ?? []) ?? [])
  const [worst] = found.sort((a, b) => b.median - a.median)
  return worst && { value: worst.median, min: worst.min, max: worst.max, points: found.length, rivals: [] }
}

/**
 * @param {readonly Row[]} rows
 * @param {string | undefined} name
 */
const rowOf = (rows, name) => rows.find((row) => row.name === name)

/**
 * @param {Scenario} scenario
 * @param {string} name
 */
const titleOf = (scenario, name) => scenario.contenders.find((contender) => contender.name === name)?.title ?? name

/**
 * @param {string} against
 * @param {Scenario} scenario
 * @param {readonly string[]} [rivals] who the best peers were
 */
const rivalTitle = (against, scenario, rivals = []) =>
  against !== 'best peer'
    ? titleOf(scenario, against)
    : rivals.length === 0
      ? 'best peer'
      : `best peer (${rivals.join(', ')})`

/**
 * @param {Goal} goal
 * @param {readonly PointResult[]} points
 */
function reasonOf(goal, points) {
  if (points.length === 0) return 'none of its points was in this run'
  if (goal.between !== undefined) return 'its two sizes were not both in this run'
  const names = [goal.of, goal.against].filter((name) => name !== undefined && name !== 'best peer')
  for (const name of names) {
    const rows = points.flatMap(({ rows }) => rowOf(rows, name) ?? [])
    if (rows.length === 0) return `${name} was not in this run`
    const problem = rows.map((row) => row.missing ?? row.failures[0]).find((reason) => reason !== undefined)
    if (problem !== undefined) return `${name}: ${problem}`
  }
  return 'no peer was measured'
}
