import { parseArgs } from 'node:util'
import { createProject } from './create-project.ts'
import { CreateError } from './errors.ts'

const help = `npm create @loop FOLDER [-- --name NAME]

Makes a service on the Loop event loop in FOLDER: HTTP, jobs, a thread pool, a clean end on SIGTERM,
tests in virtual time, a Dockerfile. Nothing is installed, nothing outside of FOLDER is touched.

  --name NAME    the name in its package.json; that of the folder by default
  --help         this text`

/** Where the command writes. */
export interface Output {
  say(text: string): void
  complain(text: string): void
}

/**
 * Does what the arguments ask for.
 *
 * @param agent npm's `npm_config_user_agent`: the next steps are told in the words of the installer that was used
 * @returns the exit code: 0, or 1 when the project could not be made, 2 when the command line was wrong
 */
export async function command(args: readonly string[], { say, complain }: Output, agent = ''): Promise<0 | 1 | 2> {
  let folder: string | undefined
  let name: string | undefined
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    })
    if (values.help) {
      say(help)
      return 0
    }
    if (positionals.length !== 1)
      throw new TypeError(positionals.length === 0 ? 'the folder is missing' : 'one folder is enough')
    ;[folder] = positionals
    name = values.name
  } catch (error) {
    complain(`${(error as Error).message}\n\n${help}`)
    return 2
  }
  try {
    const files = await createProject({ folder: folder!, ...(name === undefined ? {} : { name }) })
    const manager = /^(pnpm|yarn|bun)\b/.exec(agent)?.[1] ?? 'npm'
    say(`${files.length} files in ${folder}. Now:

  cd ${folder}
  ${manager} install
  ${manager} start

${manager} test runs its tests: a day of jobs in virtual time, and the service over HTTP.`)
    return 0
  } catch (error) {
    complain(error instanceof CreateError ? error.message : String(error))
    return 1
  }
}
