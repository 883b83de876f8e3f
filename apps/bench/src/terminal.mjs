/** Tables for the terminal. */
import { figure, spread, times } from './format.mjs'
import { answersOf, mainMeasure, viewOf } from './rows.mjs'

/** @typedef {import('@loop/bench-kit').Judgement} Judgement */

/** Room for figures and their spread. */
const FIGURE = 8
const SPREAD = 16

/**
 * One scenario, a block for each point, with its main measure; the report has all of them.
 * @param {import('@loop/bench-kit').ScenarioResult} scenario
 */
export function scenarioText(scenario) {
  const lines = [`\n${scenario.name}: ${scenario.title}`]
  const titles = scenario.points.flatMap(({ rows }) => rows.map(({ title }) => title.length))
  const width = Math.max(...titles)
  for (const point of scenario.points) {
    const { measure, best, limit, rows } = viewOf(scenario, point, mainMeasure(scenario))
    const others = [
      ...(best === undefined ? [] : [`best peer: ${best}`]),
      ...(limit === undefined ? [] : [`limit: ${limit}`]),
    ]
    lines.push(
      `  ${point.point.label}: ${[`${measure.title}, ${measure.unit}, ${measure.better} is better`, ...others].join('; ')}`,
    )
    lines.push(...rows.map((row) => rowText(row, width)))
  }
  return lines.join('\n')
}

/**
 * @param {ReturnType<typeof viewOf>['rows'][number]} row
 * @param {number} width of the titles
 */
function rowText({ title, summary, problem, toBest, toLimit }, width) {
  if (summary === undefined) return `    ${title.padEnd(width)} not measured: ${problem ?? 'it failed'}`
  const range = summary.min === summary.max ? '' : `(${spread(summary)})`
  return `    ${title.padEnd(width)} ${figure(summary.median).padStart(FIGURE)} ${range.padEnd(SPREAD)} ${times(toBest).padStart(FIGURE)} ${times(toLimit).padStart(FIGURE)}`.trimEnd()
}

/**
 * Ours against the others, a line for each scenario.
 * @param {readonly import('@loop/bench-kit').ScenarioResult[]} scenarios
 */
export function factsText(scenarios) {
  const lines = scenarios.flatMap((scenario) => {
    const answers = answersOf(scenario).map(
      ({ title, against }) =>
        `    ${title}: ${against.map((other) => `${times(other.value)} ${other.title}`).join(', ')}`,
    )
    return answers.length === 0 ? [] : [`  ${scenario.title}`, ...answers]
  })
  return lines.length === 0 ? '' : ['\nHow many times better ours is', ...lines].join('\n')
}

/**
 * Says that a machine was busy; undefined when it was not.
 * @param {Pick<import('./results.mjs').Results, 'load' | 'machine'>} results
 */
export const loadText = ({ load, machine }) =>
  load?.busy === true
    ? `The machine was busy: others kept ${load.median.toFixed(1)} of its ${machine.cores} cores busy (at most ${load.max.toFixed(1)}), so figures are rough.`
    : undefined

/**
 * All goals, and how many are met.
 * @param {readonly Judgement[]} goals
 */
export function goalsText(goals) {
  if (goals.length === 0) return '\nno goals in these scenarios'
  const width = Math.max(...goals.map((goal) => subject(goal).length))
  const lines = goals.map((goal) => {
    const found = goal.measured === null ? (goal.reason ?? '') : `${figure(goal.measured)} ${goal.unit}`
    return `  ${goal.verdict.toUpperCase().padEnd(13)} ${subject(goal).padEnd(width)}  ${goal.goal.padEnd(9)} ${found}`
  })
  return ['\nGoals', ...lines, `\n${tally(goals)}`].join('\n')
}

/** @param {Judgement} goal */
const subject = ({ what, against }) => `${what}${against === '' ? '' : `, against ${against}`}`

/**
 * "12 of 15 goals met, 1 not measured".
 * @param {readonly Judgement[]} goals
 */
export function tally(goals) {
  const count = (/** @type {Judgement['verdict']} */ verdict) => goals.filter((goal) => goal.verdict === verdict).length
  const unmeasured = count('not measured')
  return `${count('met')} of ${goals.length} goals met${unmeasured === 0 ? '' : `, ${unmeasured} not measured`}`
}

/**
 * What can be chosen.
 * @param {readonly import('@loop/bench-kit').Suite[]} suites
 */
export const listText = (suites) =>
  suites
    .flatMap(({ name, title, scenarios }) => [
      `${name}: ${title}`,
      ...scenarios.flatMap((scenario) => [
        `  ${scenario.name}: ${scenario.title}, ${scenario.points.length} point${scenario.points.length === 1 ? '' : 's'}`,
        `    ${scenario.contenders.map((contender) => `${contender.name}${contender.unavailable?.() === undefined ? '' : ' (not here)'}`).join(', ')}`,
        ...(scenario.goals ?? []).map(
          (goal) =>
            `    goal: ${goal.of} ${goal.against === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast} × ${goal.against}`}`,
        ),
      ]),
    ])
    .join('\n')
