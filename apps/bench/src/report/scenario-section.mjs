/** A scenario in the report: a chart of its main measure, and tables with all of them. */
import { figure, spread, times } from '../format.mjs'
import { isKnown, mainMeasure, viewOf } from '../rows.mjs'
import { escape } from './escape.mjs'

/** @typedef {import('@loop/bench-kit').ScenarioResult} ScenarioResult */
/** @typedef {import('@loop/bench-kit').PointResult} PointResult */

/** Pixels of a bar with its distance, and of axis and margins. */
const BAR = 26
const AXIS = 56

/** @param {ScenarioResult} scenario */
export function scenarioSection(scenario) {
  const { name, title, note, points } = scenario
  const bars = Math.max(...points.map(({ rows }) => rows.length)) + scenario.quoted.length
  const choice =
    points.length === 1
      ? ''
      : `<label class="choice">Point <select data-scenario="${escape(name)}">${points.map(({ point }, i) => `<option value="${i}"${i === initial(points) ? ' selected' : ''}>${escape(point.label)}</option>`).join('')}</select></label>`
  return `<article id="${escape(name)}">
<h3>${escape(title)}</h3>
${note === undefined ? '' : `<p class="note">${escape(note)}</p>`}
${choice}
<div class="chart" style="height:${bars * BAR + AXIS}px"><canvas data-scenario="${escape(name)}" data-point="${initial(points)}" role="img" aria-label="${escape(`Bars of ${title}; the same figures are in the table below`)}"></canvas></div>
${points.map((point, i) => pointTables(scenario, point, i === initial(points))).join('\n')}
</article>`
}

/**
 * The point that is shown first: one in the middle, as of connections.
 * @param {readonly PointResult[]} points
 */
const initial = (points) => Math.min(points.length - 1, points.length > 4 ? 2 : 0)

/**
 * @param {ScenarioResult} scenario
 * @param {PointResult} point
 * @param {boolean} open
 */
function pointTables(scenario, point, open) {
  const names = Object.keys(scenario.measures).filter(
    (name) => name === mainMeasure(scenario) || isKnown(scenario, name),
  )
  const tables = names.map((name) => measureTable(scenario, point, name)).join('\n')
  return `<details${open ? ' open' : ''}><summary>${escape(point.point.label)} <small>${point.rounds} round${point.rounds === 1 ? '' : 's'}</small></summary>${tables}</details>`
}

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
  for (const { title, values } of scenario.quoted) {
    const value = values[name]
    if (value !== undefined)
      body.push(
        `<tr><th scope="row" class="quoted">${escape(title)} <small>quoted, not measured</small></th><td class="n">${figure(value)}</td>${'<td></td>'.repeat(heads.length - 1)}</tr>`,
      )
  }
  return `<div class="wide"><table><caption>${escape(measure.title)}, ${escape(measure.unit)}; ${measure.better} is better</caption><thead><tr><td></td>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** @param {{ median: number, min: number, max: number }} summary */
const withSpread = (summary) =>
  `${figure(summary.median)}${summary.min === summary.max ? '' : ` <small class="spread">${spread(summary)}</small>`}`
