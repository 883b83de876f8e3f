/** The results of a run as one document: what the reports are made from, and what is kept. */
import { isBusy, machine } from '@loop/bench-kit'
import { median } from '@loop/bench-kit/statistics'

/** @typedef {import('@loop/bench-kit').Entry} Entry */

/**
 * @typedef {object} Results
 * @property {2} format
 * @property {string} started as ISO 8601
 * @property {number} seconds that the run took
 * @property {string} revision of the repository; "+" when files were changed
 * @property {boolean} quick
 * @property {boolean} complete all suites, all contenders, full points, on the Node that leads
 * @property {Load | null} load what others did on the machine; null where nobody looked
 * @property {ReturnType<typeof machine>} machine
 * @property {{ title: string, version: string }[]} peers
 * @property {{ title: string, reason: string, scenarios: string[] }[]} missing who could not take part
 * @property {{ name: string, title: string }[]} suites
 * @property {import('@loop/bench-kit').ScenarioResult[]} scenarios
 * @property {import('@loop/bench-kit').Fact[]} facts what the README names
 * @property {import('@loop/bench-kit').Judgement[]} goals
 */

/** @typedef {{ median: number, max: number, busy: boolean }} Load cores that others kept busy */

/**
 * @param {{ plan: readonly Entry[], found: Pick<Results, 'scenarios' | 'facts' | 'goals'>, started: Date, ended: Date, revision: string, quick: boolean, complete: boolean, node?: string }} run
 * @returns {Results}
 */
export function resultsOf({ plan, found, started, ended, revision, quick, complete, node }) {
  const suites = [...new Set(plan.map(({ suite }) => suite))]
  return {
    format: 2,
    started: started.toISOString(),
    seconds: Math.round((ended.getTime() - started.getTime()) / 1000),
    revision,
    quick,
    complete,
    machine: machine(node),
    load: loadOf(found.scenarios),
    peers: peersOf(plan),
    missing: missingOf(plan),
    suites: suites.map(({ name, title }) => ({ name, title })),
    scenarios: found.scenarios,
    facts: found.facts,
    goals: found.goals,
  }
}

/**
 * @param {Results['scenarios']} scenarios
 * @returns {Load | null}
 */
function loadOf(scenarios) {
  const loads = scenarios.flatMap(({ points }) => points.flatMap(({ load }) => load ?? []))
  if (loads.length === 0) return null
  return { median: median(loads), max: Math.max(...loads), busy: isBusy(loads, machine().cores) }
}

/** @param {readonly Entry[]} plan */
function peersOf(plan) {
  const versions = new Map(
    plan.flatMap(({ taking }) =>
      taking
        .filter(({ missing }) => missing === undefined)
        .map(({ contender }) => /** @type {const} */ ([contender.title, contender.version])),
    ),
  )
  return [...versions]
    .flatMap(([title, version]) => (version === undefined ? [] : [{ title, version }]))
    .sort((a, b) => a.title.localeCompare(b.title))
}

/** @param {readonly Entry[]} plan */
function missingOf(plan) {
  /** @type {Map<string, { title: string, reason: string, scenarios: Set<string> }>} */
  const found = new Map()
  for (const { scenario, taking } of plan) {
    for (const { contender, missing } of taking) {
      if (missing === undefined) continue
      const key = `${contender.title}: ${missing}`
      const entry = found.get(key) ?? { title: contender.title, reason: missing, scenarios: new Set() }
      entry.scenarios.add(scenario.name)
      found.set(key, entry)
    }
  }
  return [...found.values()].map(({ title, reason, scenarios }) => ({ title, reason, scenarios: [...scenarios] }))
}

/** Digits that are kept of a measurement: more than any of them has. */
const DIGITS = 5

/**
 * As JSON that diffs well: lists of numbers on one line, no false precision.
 * @param {Results} results
 */
export function toJson(results) {
  const rounded = JSON.stringify(
    results,
    (_key, value) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value,
    2,
  )
  return `${rounded.replaceAll(/\[\s+((?:-?[\d.e+-]+|null)(?:,\s+(?:-?[\d.e+-]+|null))*)\s+\]/g, (_all, list) => `[${list.replaceAll(/\s+/g, ' ')}]`)}\n`
}
