/** The arguments of `npm run bench`. */
import { parseArgs } from 'node:util'

export const usage = `npm run bench -- [options]

  --quick               few points, short windows, one round: rough figures in a few minutes
  --suite NAMES         only these suites, separated by commas
  --scenario NAMES      only these scenarios
  --against NAMES       only these contenders beside our own
  --rounds NUMBER       the same number of rounds everywhere
  --nodes LIST          lines of Node, such as 24,20: the first leads, the others are shown beside it where a scenario
                        asks for them; 24,20,26 by default, 24 alone in a quick run
  --compare REVISION    measures that revision of the repository too, in the same run
  --json [FILE]         writes the results to a file, or to standard output
  --goals               judges the goals that the team has set, too
  --force               keeps a complete run as the state of the project although the machine was busy
  --no-build            takes the packages as they were built last
  --list                names all suites, scenarios, contenders and goals
`

/** Arguments that make no sense, with what would. */
export class UsageError extends Error {
  static {
    this.prototype.name = 'UsageError'
  }
}

/**
 * @param {readonly string[]} given
 * @returns throws UsageError
 */
export function readOptions(given) {
  const { scenario, suite, against, rounds, nodes, ...rest } = parse(given)
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds))
    throw new UsageError(`--rounds takes a whole number above 0, not ${rounds}`)
  const lines = list('nodes', nodes)
  const wrong = lines.nodes?.find((line) => !/^[1-9]\d*$/.test(line))
  if (wrong !== undefined) throw new UsageError(`--nodes takes numbers such as 24,20, not ${wrong}`)
  return {
    ...rest,
    ...lines,
    ...list('scenarios', scenario),
    ...list('suites', suite),
    ...list('against', against),
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
  }
}

/**
 * @param {readonly string[]} given
 */
function parse(given) {
  try {
    return parseArgs({
      args: withJsonValue(given[0] === '--' ? given.slice(1) : given),
      options: {
        quick: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        goals: { type: 'boolean', default: false },
        force: { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        suite: { type: 'string', multiple: true },
        scenario: { type: 'string', multiple: true },
        against: { type: 'string', multiple: true },
        nodes: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        compare: { type: 'string' },
        json: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}\n\n${usage}`, { cause: error })
  }
}

/**
 * `--json` alone means standard output; parseArgs knows no options with a value that may be left out.
 * @param {readonly string[]} args
 */
const withJsonValue = (args) =>
  args.map((arg, i) =>
    arg === '--json' && (args[i + 1] === undefined || args[i + 1]?.startsWith('--')) ? '--json=-' : arg,
  )

/**
 * "a,b" and repeated options are lists; nothing stays nothing.
 * @template {string} K
 * @param {K} key
 * @param {readonly string[] | undefined} values
 * @returns {{ [P in K]?: string[] }}
 */
function list(key, values) {
  if (values === undefined) return {}
  const names = values
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw new UsageError(`a list of names is empty: ${key}`)
  return /** @type {{ [P in K]?: string[] }} */ ({ [key]: names })
}
