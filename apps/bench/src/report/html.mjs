/**
 * The report as one HTML file that needs no network: styles, the charting library (Chart.js, which has bars with
 * logarithmic scales and follows the width of a phone) and the data are inside. Tables are plain HTML, so that it can
 * be read without scripts too.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { machineWords } from './machine-words.mjs'
import { mainMeasure, viewOf } from '../rows.mjs'
import { escape } from './escape.mjs'
import { goalsTable } from './goals-table.mjs'
import { scenarioSection } from './scenario-section.mjs'

/** @typedef {import('../results.mjs').Results} Results */

const asset = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** What the colours of the bars mean; the line at a bar's end is the spread of the rounds. */
const legend = `<p class="legend">${['ours', 'peer', 'limit', 'reference', 'quoted'].map((kind) => `<span style="--kind:var(--${kind})">${kind}</span>`).join('')}</p>`

/** A comment that would make the browser's tools ask for another file. */
const sourceMap = /\/\/# sourceMappingURL=.*\s*$/

const chartLibrary = () =>
  readFileSync(join(dirname(createRequire(import.meta.url).resolve('chart.js')), 'chart.umd.min.js'), 'utf8').replace(
    sourceMap,
    '',
  )

/**
 * @param {Results} results
 * @returns {string}
 */
export function htmlOf(results) {
  const date = results.started.slice(0, 10)
  const sections = results.suites.map(
    (suite) =>
      `<section id="suite-${escape(suite.name)}"><h2>${escape(suite.title)}</h2>${legend}${results.scenarios
        .filter((scenario) => scenario.suite === suite.name)
        .map(scenarioSection)
        .join('\n')}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Loop: benchmark of ${date}</title>
<style>
${asset('page.css')}
</style>
</head>
<body>
<header>
<h1>Loop, measured</h1>
<p class="lead">${escape(machineWords(results))}</p>
${results.quick ? '<p class="warning">A quick run: few points, short windows. Its figures are rough.</p>' : ''}
<nav>${results.suites.map(({ name, title }) => `<a href="#suite-${escape(name)}">${escape(title)}</a>`).join(' ')}</nav>
</header>
<main>
<section id="goals"><h2>Goals</h2>${goalsTable(results.goals)}</section>
${sections.join('\n')}
<section id="how"><h2>How it was measured</h2>${how(results)}</section>
</main>
<script id="data" type="application/json">${chartData(results)}</script>
<script>${inScript(chartLibrary())}</script>
<script>${inScript(asset('page.js'))}</script>
</body>
</html>
`
}

/**
 * A closing tag inside of a script would end it.
 * @param {string} text
 */
const inScript = (text) => text.replaceAll('</script', '<\\/script')

/**
 * What the charts show: the main measure of each scenario.
 * @param {Results} results
 */
function chartData(results) {
  const charts = results.scenarios.map((scenario) => {
    const name = mainMeasure(scenario)
    const { title, unit, better } = /** @type {import('@loop/bench-kit').Measure} */ (scenario.measures[name])
    return {
      scenario: scenario.name,
      axis: `${title}, ${unit} (${better} is better)`,
      shortAxis: `${unit}, ${better} is better`,
      points: scenario.points.map((point) => ({
        label: point.point.label,
        rows: [
          ...viewOf(scenario, point, name).rows.flatMap(({ title, kind, summary }) =>
            summary === undefined ? [] : [{ title, kind, ...summary }],
          ),
          ...scenario.quoted.flatMap(({ title, values }) =>
            values[name] === undefined
              ? []
              : [{ title, kind: 'quoted', median: values[name], min: values[name], max: values[name] }],
          ),
        ],
      })),
    }
  })
  return JSON.stringify(charts).replaceAll('<', '\\u003c')
}

/** @param {Results} results */
function how({ peers, missing, machine, seconds, revision }) {
  const list = (/** @type {readonly string[]} */ items) =>
    `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`
  return [
    `<p>Each measurement runs in a process of its own. At every point the contenders take turns, in rounds that begin with another one each time. A figure is the median of the rounds, with the least and the greatest beside it; a ratio is taken within each round, and its median given. Ratios of goals over several points are geometric means. Servers are kept on one core and the load generator on another. The run took ${Math.max(1, Math.round(seconds / 60))} min at revision ${escape(revision)}.</p>`,
    `<p><b>ours</b> is this project; a <b>peer</b> has the same purpose; a <b>limit</b> does the bare work and nothing else; a <b>reference</b> is shown beside (tuned by hand, another language, another revision).</p>`,
    `<h3>Machine</h3>${list([machine.cpu, `${machine.cores} cores, ${machine.memoryGiB} GiB`, machine.os, `Node ${machine.node}`])}`,
    peers.length === 0 ? '' : `<h3>Versions</h3>${list(peers.map(({ title, version }) => `${title}: ${version}`))}`,
    missing.length === 0
      ? ''
      : `<h3>Not here</h3>${list(missing.map(({ title, reason, scenarios }) => `${title} (${scenarios.join(', ')}): ${reason}`))}`,
  ].join('\n')
}
