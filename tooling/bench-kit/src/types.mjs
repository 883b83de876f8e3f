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
 * @property {string} node path of the Node that programs for Node run on
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
 * @property {Measuring} measure rejects when it fails
 */

/**
 * Takes one measurement. `onNode` says that it runs on `context.node`, so that other lines of Node can be shown beside.
 * @typedef {((point: Point, context: Context) => Promise<Values>) & { onNode?: true }} Measuring
 */

/**
 * A promise, of one of three kinds. With `against`, the ratio of the two (above 1 where `of` is better, whichever
 * direction that is) is at least `atLeast`: the median of the rounds' ratios, combined over the points by the geometric
 * mean. With `between`, the measure at the second size of a scenario that grows is at most `atMost` times that at the
 * first. With neither, the value itself is at most `atMost` at every point.
 * @typedef {object} Goal
 * @property {string} what in a few words
 * @property {string} of name of a contender
 * @property {string} [against] name of a contender, or "best peer"
 * @property {readonly [number, number]} [between] two sizes of a scenario with `growth`
 * @property {string} [measure] the scenario's first by default
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {(point: Point) => boolean} [over] which points count; all by default
 */

/**
 * One of the few facts that the README names: ours beside some others, whatever comes out.
 * @typedef {object} Headline
 * @property {string} what in a few words
 * @property {string} of name of a contender
 * @property {readonly string[]} against names of contenders
 * @property {string} [measure] the scenario's first by default
 * @property {(point: Point) => boolean} [over] which points count; all by default
 */

/**
 * @typedef {object} Scenario
 * @property {string} name unique among all suites
 * @property {string} title
 * @property {string} [note] what a reader of the table must know
 * @property {Record<string, Measure>} measures the first is the one that charts show
 * @property {readonly Point[]} points
 * @property {readonly Point[]} [quick] fewer or smaller points for `--quick`; none where the scenario says nothing then
 * @property {number} [rounds] how many a full run takes at least
 * @property {readonly Contender[]} contenders
 * @property {readonly string[]} [asked] those of ours that stand for the project where there is one line a scenario; the
 *   first of ours by default
 * @property {string} [growth] the number in a point that the scenario grows by: its chart has lines over it
 * @property {true | ((point: Point) => boolean)} [nodes] at which points other lines of Node are shown beside
 * @property {Headline} [headline]
 * @property {readonly Goal[]} [goals]
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

/**
 * @typedef {object} PointResult
 * @property {Point} point
 * @property {number} rounds
 * @property {number} [load] cores that others kept busy just before it was measured; absent where nobody looked
 * @property {Row[]} rows
 */

/**
 * @typedef {object} ScenarioResult
 * @property {string} suite
 * @property {string} name
 * @property {string} title
 * @property {string | undefined} note
 * @property {Record<string, Measure>} measures
 * @property {readonly string[]} [asked]
 * @property {string} [growth]
 * @property {PointResult[]} points
 */

/**
 * A ratio between two contenders over the points that count: the median of the rounds, their least and greatest.
 * @typedef {{ value: number, min: number, max: number, points: number, rivals: string[] }} Compared
 */

/**
 * @typedef {object} Fact
 * @property {string} scenario
 * @property {string} what
 * @property {string} of
 * @property {readonly { against: string, value: number, min: number, max: number }[]} ratios of those that were measured
 */

/**
 * @typedef {object} Judgement
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
 * @property {string} [reason] why it was not measured
 */

export {}
