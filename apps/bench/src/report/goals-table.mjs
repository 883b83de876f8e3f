/** The goals that the team has set, and what was found. */
import { figure, spread } from '../format.mjs'
import { tally } from '../terminal.mjs'
import { escape } from './escape.mjs'

/** @typedef {import('@loop/bench-kit').Judgement} Judgement */

/** @type {Record<Judgement['verdict'], string>} */
const classes = { met: 'met', 'not met': 'missed', 'not measured': 'unknown' }

/** @param {readonly Judgement[]} goals */
export function goalsTable(goals) {
  if (goals.length === 0) return '<p>No goals in these scenarios.</p>'
  return `<p><b>${tally(goals)}.</b> A ratio says how many times better ours is; in brackets the least and the greatest of the rounds.</p>
<div class="wide"><table class="goals">
<thead><tr><th>what</th><th>against</th><th class="n">goal</th><th class="n">measured</th><th>verdict</th></tr></thead>
<tbody>
${goals.map(row).join('\n')}
</tbody></table></div>`
}

/** @param {Judgement} goal */
const row = (goal) =>
  `<tr class="${classes[goal.verdict]}"><td data-label="what"><a href="#${escape(goal.scenario)}">${escape(goal.what)}</a>${goal.points > 1 ? ` <small>${goal.points} points</small>` : ''}</td><td data-label="against">${escape(goal.against)}</td><td class="n" data-label="goal">${escape(goal.goal)}</td><td class="n" data-label="measured">${found(goal)}</td><td data-label="verdict"><span class="chip">${goal.verdict}</span></td></tr>`

/** @param {Judgement} goal */
function found({ measured, min, max, unit, reason }) {
  if (measured === null || min === null || max === null) return `<small>${escape(reason ?? '')}</small>`
  return `<b>${figure(measured)} ${escape(unit)}</b>${min === max ? '' : ` <small>(${spread({ min, max })})</small>`}`
}
