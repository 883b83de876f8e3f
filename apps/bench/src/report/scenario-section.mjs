/** A scenario in the report: what it comes to in a line, and behind it its charts and tables. */
import { figure, spread, times } from '../format.mjs'
import { answersOf, isKnown, mainMeasure, viewOf } from '../rows.mjs'
import { barChart, lineChart } from './chart.mjs'
import { escape } from './escape.mjs'

/** @typedef {import('@loop/bench-kit').ScenarioResult} ScenarioResult */
/** @typedef {import('@loop/bench-kit').PointResult} PointResult */

/**
 * @param {ScenarioResult} scenario
 * @param {string} node the version that it ran on
 */
export function scenarioSection(scenario, node) {
  const { name, title, note, points, growth } = scenario
  const lines = growth === undefined ? '' : lineChart(scenario)
  return `<details class="scenario" id="${escape(name)}"><summary><h3>${escape(title)}</h3>${answers(scenario)}</summary>
${note === undefined ? '' : `<p class="note">${escape(note)}</p>`}
${lines === '' ? '' : `<figure>${lines}</figure>`}
${points.map((point) => pointPart(scenario, point, node)).join('\n')}
</details>`
}

/**
 * Ours against the others.
 * @param {ScenarioResult} scenario
 */
const answers = (scenario) =>
  answersOf(scenario)
    .map(
      ({ title, against }) =>
        `<p class="answer"><b>${escape(title)}</b> ${against
          .map(({ title, value, min, max, kind }) => {
            const range = min === max ? '' : ` title="${escape(`rounds: ${spread({ min, max })}`)}"`
            return `<span class="${value >= 1 ? 'ahead' : 'behind'} ${kind}"${range}>${times(value)}&nbsp;${escape(title)}</span>`
          })
          .join(' ')}</p>`,
    )
    .join('')

/**
 * @param {ScenarioResult} scenario
 * @param {PointResult} point
 * @param {string} node
 */
function pointPart(scenario, point, node) {
  const names = Object.keys(scenario.measures).filter(
    (name) => name === mainMeasure(scenario) || isKnown(scenario, name),
  )
  const chart = barChart(scenario, point)
  return `<section class="point"><h4>${escape(point.point.label)} <small>${circumstances(point, node)}</small></h4>
${chart === '' ? '' : `<figure>${chart}</figure>`}
<details class="figures"><summary>Figures</summary>${names.map((name) => measureTable(scenario, point, name)).join('\n')}</details></section>`
}

/**
 * Node, rounds, and what others did on the machine.
 * @param {PointResult} point
 * @param {string} node
 */
const circumstances = ({ rounds, load }, node) =>
  [
    `Node ${escape(node.replace('v', ''))}`,
    `${rounds} round${rounds === 1 ? '' : 's'}`,
    load === undefined ? 'load of the machine not recorded' : `others kept ${load.toFixed(1)} cores busy`,
  ].join(', ')

/**
 * @param {ScenarioResult} scenario
 * @param {PointResult} point
 * @param {string} name
 */
function measureTable(scenario, point, name) {
  const { measure, best, limit, rows } = viewOf(scenario, point, name)
  const main = name === mainMeasure(scenario)
  const known = rows.filter(({ summary, problem }) => summary !== undefined || (main && problem !== undefined))
  const showBest = known.some(({ toBest }) => toBest !== undefined)
  const showLimit = known.some(({ toLimit }) => toLimit !== undefined)
  const heads = ['<th class="n">median</th>']
  if (showBest) heads.push(`<th class="n">to best peer<br><small>${escape(best)}</small></th>`)
  if (showLimit) heads.push(`<th class="n">to limit<br><small>${escape(limit)}</small></th>`)
  const body = known.map((row) => {
    const name = `<th scope="row" class="${row.kind}">${escape(row.title)} <small>${row.kind === 'ours' ? '' : row.kind}</small></th>`
    if (row.summary === undefined)
      return `<tr>${name}<td colspan="${heads.length}">not measured: ${escape(row.problem)}</td></tr>`
    const cells = [
      withSpread(row.summary),
      ...(showBest ? [times(row.toBest)] : []),
      ...(showLimit ? [times(row.toLimit)] : []),
    ]
    return `<tr>${name}${cells.map((cell) => `<td class="n">${cell}</td>`).join('')}</tr>`
  })
  return `<div class="wide"><table><caption>${escape(measure.title)}, ${escape(measure.unit)}; ${measure.better} is better</caption><thead><tr><td></td>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** @param {{ median: number, min: number, max: number }} summary */
const withSpread = (summary) =>
  `${figure(summary.median)}${summary.min === summary.max ? '' : ` <small class="spread">${spread(summary)}</small>`}`
