import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Options {
  readonly command: 'run' | 'list' | 'help'
  /** Programs named; empty means all. */
  readonly ids: readonly string[]
  readonly json: boolean
  /** Every program with its whole output, as for programs that were named. */
  readonly full: boolean
}

export const help = `npm start                 the tour: three programs with their output, then a line for every other one
npm start -- --full       every program with its output
npm start -- list         what there is
npm start -- L4 [L5 ...]  these programs, with their output
npm start -- --json       results as JSON, for other programs
npm start -- serve        a small service, and a page that shows its loop live (serve --help)

The exit code is 1 when a program's output is not as expected, 2 when the command line is wrong.`

/**
 * Reads the arguments after the script's name.
 *
 * @throws TypeError for an option that does not exist
 */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const [first, ...rest] = positionals
  const { json, full } = values
  if (values.help || first === 'help') return { command: 'help', ids: [], json: false, full: false }
  if (first === 'list') return { command: 'list', ids: rest, json, full }
  return { command: 'run', ids: positionals, json, full }
}
