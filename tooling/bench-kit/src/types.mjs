/**
 * The interface of a benchmark. A suite (a package's bench/suite.mjs) has scenarios, one file each; a scenario has
 * points (its parameters), measures, contenders, and the goals that were promised for it.
 *
 * A contender measures in a process of its own: what one does to the JIT or the heap must not reach another. Within a
 * point all contenders take turns, in an order that changes from round to round, so that a noisy minute hits all alike.
 */

/**
 * Parameters of one measurement, and how they are called in tables.
 * @typedef {Record<string, unknown> & { label: string }} Point
 */

/**
 * What one measurement found: a number for each measure that the contender knows.
 * @typedef {Record<string, number>} Values
 */

/**
 * @typedef {object} Measure
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {false} [ratios] set where a ratio would mean nothing, as of percentages near zero
 */

/**
 * What a contender gets from the runner besides the point.
 * @typedef {object} Context
 * @property {readonly string[]} nodeArgs arguments for Node before the script; they lead to the packages under test
 */

/**
 * Who is measured.
 *   ours       this project; every other one is compared with it
 *   peer       a library or runtime for the same purpose; the best of them is "the best peer"
 *   limit      what does nothing but the bare work: C with epoll, a bare postMessage
 *   reference  shown beside, but no peer: tuned by hand, another language's means, another revision
 * @typedef {object} Contender
 * @property {string} name short, for the command line; unique in a scenario
 * @property {string} title for tables
 * @property {'ours' | 'peer' | 'limit' | 'reference'} kind
 * @property {string} [version]
 * @property {() => string | undefined} [unavailable] why it cannot take part here
 * @property {(point: Point) => boolean} [takes] the points that it takes part in; all by default
 * @property {(point: Point, context: Context) => Promise<Values>} measure rejects when it fails
 */

/**
 * A promise. With `against`, the ratio of the two (above 1 where `of` is better, whichever direction that is) is at
 * least `atLeast`: the median of the rounds' ratios, combined over the points by the geometric mean. Without, the value
 * itself is at most `atMost` at every point.
 * @typedef {object} Goal
 * @property {number} issue which issue promised it
 * @property {string} what in a few words
 * @property {string} of name of a contender
 * @property {string} [against] name of a contender, or "best peer"
 * @property {string} [measure] the scenario's first by default
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {(point: Point) => boolean} [over] which points count; all by default
 * @property {true} [headline] stands in the README's table
 */

/**
 * @typedef {object} Scenario
 * @property {string} name unique among all suites
 * @property {string} title
 * @property {string} [note] what a reader of the table must know
 * @property {Record<string, Measure>} measures the first is the one that charts show
 * @property {readonly Point[]} points
 * @property {readonly Point[]} [quick] fewer or smaller points for `--quick`
 * @property {number} [rounds] how many a full run takes at least
 * @property {readonly Contender[]} contenders
 * @property {readonly Goal[]} [goals]
 * @property {readonly { title: string, values: Values }[]} [quoted] figures from elsewhere, not measured here
 */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} title
 * @property {readonly Scenario[]} scenarios
 */

/**
 * A contender's measurements at a point. `samples` has a place for each round, null where it failed.
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {Contender['kind']} kind
 * @property {string} [missing] why it was not measured
 * @property {string[]} failures what went wrong in single rounds
 * @property {Record<string, (number | null)[]>} samples by measure
 */

/** @typedef {{ point: Point, rounds: number, rows: Row[] }} PointResult */

/**
 * @typedef {object} ScenarioResult
 * @property {string} suite
 * @property {string} name
 * @property {string} title
 * @property {string | undefined} note
 * @property {Record<string, Measure>} measures
 * @property {readonly { title: string, values: Values }[]} quoted
 * @property {PointResult[]} points
 */

/**
 * @typedef {object} Judgement
 * @property {number} issue
 * @property {string} scenario
 * @property {string} what
 * @property {string} of
 * @property {string} against title of the other, or "" for a goal without one
 * @property {string} goal such as "≥ 1.8 ×"
 * @property {'met' | 'not met' | 'not measured'} verdict
 * @property {number | null} measured
 * @property {number | null} min of the rounds
 * @property {number | null} max of the rounds
 * @property {string} unit
 * @property {number} points how many points it was measured at
 * @property {boolean} headline
 * @property {string} [reason] why it was not measured
 */

export {}
