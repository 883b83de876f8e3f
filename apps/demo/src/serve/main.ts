import { run } from '@loop/runtime'
import { ConfigurationError, ListenError, PageMissingError, ServeOptionError } from './errors.ts'
import { loopFor } from './loop-for.ts'
import { parseServeOptions, serveHelp, type ServeOptions } from './options.ts'
import { runService, type Surroundings } from './service.ts'

/** Where the service's lines go. */
export interface ServeScreen extends Surroundings {
  /** Takes what is wrong. */
  complain(line: string): void
}

/**
 * Serves until a signal comes, as the arguments after `serve` say. Gives the process's exit code: 0 after an orderly
 * end, 1 when it could not start or something failed at the end, 2 when the command line was wrong.
 */
export async function serve(args: readonly string[], screen: ServeScreen): Promise<0 | 1 | 2> {
  try {
    const options = parseServeOptions(args)
    if (options === null) {
      screen.say(serveHelp)
      return 0
    }
    return await serveUntilSignal(options, screen)
  } catch (error) {
    screen.complain(explain(error))
    return error instanceof ServeOptionError ? 2 : 1
  }
}

async function serveUntilSignal(options: ServeOptions, screen: ServeScreen): Promise<0 | 1> {
  const report = await run(() => runService(options, screen), { loopFactory: loopFor(options) })
  for (const { name, error } of report.errors) screen.complain(`${name} failed: ${String(error)}`)
  screen.say(`${report.signal ?? 'asked to stop'}: ended in ${Math.round(report.duration)} ms`)
  return report.errors.length === 0 ? 0 : 1
}

/** Errors that a person caused are a sentence; of all others the stack helps more. */
function explain(error: unknown): string {
  if (error instanceof ServeOptionError) return `${error.name}: ${error.message}\n\n${serveHelp}`
  if ([ConfigurationError, ListenError, PageMissingError].some((kind) => error instanceof kind)) return String(error)
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
