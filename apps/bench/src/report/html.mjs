/**
 * The report as one HTML file that needs no network and no script: styles and charts (SVG) are inside. Each scenario is
 * folded to the line that says how ours stands against the others; paper has the charts of all.
 */
import { readFileSync } from 'node:fs'
import { loadText } from '../terminal.mjs'
import { escape } from './escape.mjs'
import { factSentence } from './fact-sentence.mjs'
import { goalsTable } from './goals-table.mjs'
import { machineWords } from './machine-words.mjs'
import { scenarioSection } from './scenario-section.mjs'

/** @typedef {import('../results.mjs').Results} Results */

const css = () => readFileSync(new URL('page.css', import.meta.url), 'utf8')

/** What the colours of the bars mean; the line at a bar's end is the spread of the rounds. */
const legend = `<p class="legend">${['ours', 'peer', 'limit', 'reference'].map((kind) => `<span style="--kind:var(--${kind})">${kind}</span>`).join('')}</p>`

/** Unfolds everything for printing in browsers whose styles cannot, and what a link leads to. */
const unfold = `<script>
addEventListener('beforeprint', () => document.querySelectorAll('.scenario:not([open])').forEach((part) => { part.open = true; part.dataset.folded = '' }))
addEventListener('afterprint', () => document.querySelectorAll('details[data-folded]').forEach((part) => { part.open = false; delete part.dataset.folded }))
const show = () => { const part = document.getElementById(location.hash.slice(1)); if (part && part.tagName === 'DETAILS') part.open = true }
addEventListener('hashchange', show); show()
</script>`

/**
 * @param {Results} results
 * @returns {string}
 */
export function htmlOf(results) {
  const date = results.started.slice(0, 10)
  const { node } = results.machine
  const sections = results.suites.map(
    (suite) =>
      `<section id="suite-${escape(suite.name)}"><h2>${escape(suite.title)}</h2>${results.scenarios
        .filter((scenario) => scenario.suite === suite.name)
        .map((scenario) => scenarioSection(scenario, node))
        .join('\n')}</section>`,
  )
  const warnings = [
    ...(results.quick ? ['A quick run: few points, short windows. Its figures are rough.'] : []),
    ...[loadText(results)].filter((text) => text !== undefined),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Loop: benchmark of ${date}</title>
<style>
${css()}
</style>
</head>
<body>
<header>
<h1>Loop, measured</h1>
<p class="lead">${escape(machineWords(results))}</p>
${warnings.map((text) => `<p class="warning">${escape(text)}</p>`).join('\n')}
${results.facts.length === 0 ? '' : `<ul class="facts">${results.facts.map((fact) => `<li><a href="#${escape(fact.scenario)}">${escape(factSentence(fact))}</a></li>`).join('')}</ul>`}
<nav>${results.suites.map(({ name, title }) => `<a href="#suite-${escape(name)}">${escape(title)}</a>`).join(' ')} <a href="#how">How it was measured</a></nav>
<p class="note hint">Behind each line are charts and figures. A number says how many times better ours is: above 1 it is ahead.</p>
${legend}
</header>
<main>
${sections.join('\n')}
<section id="how"><h2>How it was measured</h2>${how(results)}</section>
${results.goals.length === 0 ? '' : `<section id="goals"><h2>Goals of the team</h2><details><summary>What was aimed at, and how far it is</summary>${goalsTable(results.goals)}</details></section>`}
</main>
${unfold}
</body>
</html>
`
}

/** @param {Results} results */
function how({ peers, missing, machine, load, seconds, revision }) {
  const list = (/** @type {readonly string[]} */ items) =>
    `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`
  return [
    `<p>Each measurement runs in a process of its own. At every point the contenders take turns, in rounds that begin with another one each time. A figure is the median of the rounds, with the least and the greatest beside it; a ratio is taken within each round, and its median given. Ratios of goals over several points are geometric means. Servers are kept on one core and the load generator on another. The run took ${Math.max(1, Math.round(seconds / 60))} min at revision ${escape(revision)}.</p>`,
    `<p><b>ours</b> is this project; a <b>peer</b> has the same purpose; a <b>limit</b> does the bare work and nothing else; a <b>reference</b> is shown beside (tuned by hand, another language, another revision).</p>`,
    `<h3>Machine</h3>${list([machine.cpu, `${machine.cores} cores, ${machine.memoryGiB} GiB`, machine.os, `Node ${machine.node}`, loadWords(load)])}`,
    peers.length === 0 ? '' : `<h3>Versions</h3>${list(peers.map(({ title, version }) => `${title}: ${version}`))}`,
    missing.length === 0
      ? ''
      : `<h3>Not here</h3>${list(missing.map(({ title, reason, scenarios }) => `${title} (${scenarios.join(', ')}): ${reason}`))}`,
  ].join('\n')
}

/** @param {Results['load']} load */
const loadWords = (load) =>
  load === null
    ? 'what else ran was not recorded'
    : `others kept ${load.median.toFixed(1)} cores busy (median of looks before each point; at most ${load.max.toFixed(1)})`
