import { parseArgs } from 'node:util'
import { ServeOptionError } from './errors.ts'

/** What `serve` is told on the command line. */
export interface ServeOptions {
  readonly host: string
  /** Of the page; 0 lets the system choose. */
  readonly port: number
  /** Of the echo server; 0 lets the system choose. */
  readonly echoPort: number
  /** Milliseconds between two snapshots. */
  readonly every: number
  /** Path of the configuration; undefined for the one that comes with the demo. */
  readonly config: string | undefined
  readonly selector: SelectorChoice
  /** Where jobs are kept: memory, sqlite:FILE or postgres://… */
  readonly store: string
  /** File that gets a line for each turn and each scheduled callback. */
  readonly turnLog: string | undefined
}

/** The selectors that can be asked for; 'auto' is the native one where it loads. */
const selectorChoices = ['auto', 'native', 'poll', 'host'] as const

export type SelectorChoice = (typeof selectorChoices)[number]

export const serveHelp = `npm start -- serve        a small service, and a page that shows its loop live

  --port 8080             the page; 0 for any free port
  --echo-port 8081        the TCP echo server; 0 for any free port
  --host 127.0.0.1        where both listen: other machines reach them only if you say so
  --every 1000            milliseconds between two snapshots, 100 to 60000
  --config FILE           the settings that SIGHUP reloads
  --selector auto         ${selectorChoices.join(', ')}
  --store memory          where jobs are kept: memory, sqlite:FILE or postgres://...
  --turn-log FILE         a line for each turn and each scheduled callback`

/**
 * Reads the arguments after `serve`; null when they ask for help.
 *
 * @throws ServeOptionError that names the option
 */
export function parseServeOptions(args: readonly string[]): ServeOptions | null {
  const values = parse(args)
  if (values.help) return null
  return {
    host: values.host,
    port: integer('port', values.port, 0, 65_535),
    echoPort: integer('echo-port', values['echo-port'], 0, 65_535),
    // A tenth of a second is as fast as eyes follow figures; a minute is a page that looks dead.
    every: integer('every', values.every, 100, 60_000),
    config: values.config,
    selector: oneOf('selector', values.selector, selectorChoices),
    store: values.store,
    turnLog: values['turn-log'],
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8080' },
        'echo-port': { type: 'string', default: '8081' },
        every: { type: 'string', default: '1000' },
        config: { type: 'string' },
        selector: { type: 'string', default: 'auto' },
        store: { type: 'string', default: 'memory' },
        'turn-log': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new ServeOptionError((error as Error).message, { cause: error })
  }
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new ServeOptionError(`--${name} is a whole number from ${least} to ${most}, not "${text}"`)
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw new ServeOptionError(`--${name} is one of ${choices.join(', ')}, not "${text}"`)
  return found
}
