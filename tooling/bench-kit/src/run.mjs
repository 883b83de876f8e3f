/**
 * The runner: makes a plan of all measurements, so that their number is known before the first, and takes them one
 * after the other. A measurement that fails is noted and the rest goes on.
 */
import process from 'node:process'
import { factsOf, judge } from './goals.mjs'

/** @typedef {import('./types.mjs').Contender} Contender */
/** @typedef {import('./types.mjs').Point} Point */
/** @typedef {import('./types.mjs').Scenario} Scenario */
/** @typedef {import('./types.mjs').Suite} Suite */
/** @typedef {import('./types.mjs').Row} Row */

/**
 * @typedef {object} Choice
 * @property {boolean} [quick] the scenarios' quick points, one round
 * @property {number} [rounds] the same number for all scenarios, instead of what they ask for
 * @property {readonly string[]} [scenarios] names; all by default
 * @property {readonly string[]} [against] names of contenders; ours take part always
 * @property {readonly import('./nodes.mjs').NodeLine[]} [beside] other lines of Node, shown where a scenario asks
 */

/**
 * One point of a scenario with everyone who takes part.
 * @typedef {object} Entry
 * @property {Suite} suite
 * @property {Scenario} scenario
 * @property {Point} point
 * @property {number} rounds
 * @property {{ contender: Contender, missing: string | undefined }[]} taking
 */

/**
 * One finished measurement, for whoever shows progress.
 * @typedef {object} Finished
 * @property {Entry} entry
 * @property {Contender} contender
 * @property {number} round from 0
 * @property {number} ms how long it took
 * @property {string} [failure]
 */

/**
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal] ends the run; whoever aborts ends the processes too
 * @property {(entry: Entry, contender: Contender, round: number) => void} [starting]
 * @property {(finished: Finished) => void} [measured]
 * @property {(scenario: import('./types.mjs').ScenarioResult) => void} [finished] a scenario with all its points
 * @property {string} [node] path of the Node that programs run on; this one by default
 * @property {() => Promise<number>} [load] cores that others keep busy; asked before each point
 */

/** Three are enough for a median that one bad round does not move. */
const ROUNDS = 3

/** A contender that failed this often at a point is not asked there again: each hang costs its whole time limit. */
const PATIENCE = 2

/** A name that is not there, with those that are. */
export class UnknownNameError extends Error {
  static {
    this.prototype.name = 'UnknownNameError'
  }

  /**
   * @param {string} what such as "scenario"
   * @param {readonly string[]} unknown
   * @param {readonly string[]} known
   */
  constructor(what, unknown, known) {
    super(`there is no ${what} ${unknown.join(', ')}; there are ${known.join(', ')}`)
  }
}

/**
 * @param {string} what
 * @param {readonly string[]} wanted
 * @param {readonly string[]} known
 */
export function checkNames(what, wanted, known) {
  const unknown = wanted.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new UnknownNameError(what, unknown, [...new Set(known)])
}

/**
 * Everything that will be measured, in order.
 * @param {readonly Suite[]} suites
 * @param {Choice} [choice]
 * @returns {Entry[]} throws UnknownNameError for a scenario or contender that none of the suites has
 */
export function planOf(suites, { quick = false, rounds, scenarios, against, beside = [] } = {}) {
  const all = suites.flatMap((suite) => suite.scenarios.map((scenario) => ({ suite, scenario })))
  if (scenarios !== undefined)
    checkNames(
      'scenario',
      scenarios,
      all.map(({ scenario }) => scenario.name),
    )
  const chosen = all.filter(({ scenario }) => scenarios?.includes(scenario.name) ?? true)
  if (against !== undefined)
    checkNames(
      'contender',
      against,
      chosen.flatMap(({ scenario }) => scenario.contenders.map(({ name }) => name)),
    )
  return chosen.flatMap(({ suite, scenario }) => {
    const taking = scenario.contenders
      .filter(({ name, kind }) => kind === 'ours' || against === undefined || against.includes(name))
      .map((contender) => ({ contender, missing: contender.unavailable?.() }))
    return ((quick ? scenario.quick : undefined) ?? scenario.points).map((point) => ({
      suite,
      scenario,
      point,
      rounds: rounds ?? (quick ? 1 : Math.max(ROUNDS, scenario.rounds ?? 0)),
      taking: [
        ...taking,
        ...(asksForNodes(scenario, point) ? taking.flatMap((one) => beside.flatMap((node) => onOther(one, node))) : []),
      ].filter(({ contender }) => contender.takes?.(point) ?? true),
    }))
  })
}

/**
 * @param {Scenario} scenario
 * @param {Point} point
 */
const asksForNodes = ({ nodes }, point) => (typeof nodes === 'function' ? nodes(point) : nodes === true)

/**
 * A contender on another line of Node: shown beside, and no peer of ours on this one.
 * @param {Entry['taking'][number]} taking
 * @param {import('./nodes.mjs').NodeLine} node
 * @returns {Entry['taking']}
 */
function onOther({ contender, missing }, { major, path, problem }) {
  if (contender.measure.onNode !== true) return []
  const other = {
    ...contender,
    name: `${contender.name}@node${major}`,
    title: `${contender.title}, Node ${major}`,
    kind: /** @type {const} */ ('reference'),
    measure: (/** @type {Point} */ point, /** @type {import('./types.mjs').Context} */ context) =>
      contender.measure(point, { ...context, node: path ?? context.node }),
  }
  return [{ contender: other, missing: missing ?? problem }]
}

/**
 * How many measurements a plan has.
 * @param {readonly Entry[]} plan
 */
export const sizeOf = (plan) =>
  plan.reduce(
    (sum, { taking, rounds }) => sum + rounds * taking.filter(({ missing }) => missing === undefined).length,
    0,
  )

/**
 * Takes all measurements.
 * @param {readonly Entry[]} plan
 * @param {RunOptions} [options]
 * @returns {Promise<{ scenarios: import('./types.mjs').ScenarioResult[], facts: import('./types.mjs').Fact[], goals: import('./types.mjs').Judgement[] }>}
 *   rejects only when `signal` is aborted, with its reason
 */
export async function run(plan, options = {}) {
  const scenarios = [...new Set(plan.map(({ scenario }) => scenario))]
  const results = []
  const facts = []
  const goals = []
  for (const scenario of scenarios) {
    const entries = plan.filter((entry) => entry.scenario === scenario)
    const { name, title, note, measures, asked, growth } = scenario
    /** @type {import('./types.mjs').ScenarioResult} */
    const result = {
      suite: entries[0]?.suite.name ?? '',
      name,
      title,
      note,
      measures,
      ...(asked === undefined ? {} : { asked }),
      ...(growth === undefined ? {} : { growth }),
      points: [],
    }
    for (const entry of entries) {
      const load = await options.load?.()
      const rows = await measurePoint(entry, options)
      result.points.push({
        point: entry.point,
        rounds: entry.rounds,
        ...(load === undefined ? {} : { load: Math.round(load * 100) / 100 }),
        rows,
      })
    }
    results.push(result)
    facts.push(...factsOf(scenario, result))
    goals.push(...judge(scenario, result))
    options.finished?.(result)
  }
  return { scenarios: results, facts, goals }
}

/**
 * All rounds of one point.
 * @param {Entry} entry
 * @param {RunOptions} options
 * @returns {Promise<Row[]>}
 */
async function measurePoint(entry, { signal, measured, starting, node = process.execPath } = {}) {
  const { scenario, point, taking, rounds } = entry
  const rows = new Map(
    taking.map(({ contender, missing }) => [contender, emptyRow(contender, missing, scenario, rounds)]),
  )
  const present = taking.filter(({ missing }) => missing === undefined).map(({ contender }) => contender)
  for (let round = 0; round < rounds; round++) {
    for (const contender of rotate(present, round)) {
      const row = /** @type {Row} */ (rows.get(contender))
      if (row.failures.length >= PATIENCE) continue
      signal?.throwIfAborted()
      starting?.(entry, contender, round)
      const began = performance.now()
      const failure = await take(row, round, () => contender.measure(point, { node, nodeArgs: [] }))
      signal?.throwIfAborted()
      measured?.({
        entry,
        contender,
        round,
        ms: performance.now() - began,
        ...(failure === undefined ? {} : { failure }),
      })
    }
  }
  return [...rows.values()]
}

/**
 * Puts one measurement into its row; the message when it failed.
 * @param {Row} row
 * @param {number} round
 * @param {() => Promise<import('./types.mjs').Values>} measure
 */
async function take(row, round, measure) {
  try {
    const values = await measure()
    for (const [name, samples] of Object.entries(row.samples)) {
      const value = values[name]
      if (Number.isFinite(value)) samples[round] = /** @type {number} */ (value)
    }
    if (Object.values(row.samples).every((samples) => samples[round] === null)) throw new Error('it measured nothing')
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    row.failures.push(message)
    return message
  }
}

/**
 * @param {Contender} contender
 * @param {string | undefined} missing
 * @param {Scenario} scenario
 * @param {number} rounds
 * @returns {Row}
 */
function emptyRow({ name, title, kind }, missing, { measures }, rounds) {
  const samples = Object.fromEntries(Object.keys(measures).map((measure) => [measure, new Array(rounds).fill(null)]))
  return { name, title, kind, ...(missing === undefined ? {} : { missing }), failures: [], samples }
}

/**
 * Another contender begins each round: what ran before leaves its marks on the machine.
 * @template T
 * @param {readonly T[]} list
 * @param {number} by
 */
function rotate(list, by) {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}
