import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { Child } from './child.ts'
import type { SubprocessOptions } from './options.ts'
import { keepingOf, requestOf } from './options.ts'
import type { ProcessRequest } from './contracts.ts'
import { Process } from './process.ts'

/** A process whose pipes are known from the options it was started with. */
export type ProcessWith<O extends SubprocessOptions> = Process & {
  readonly stdin: Piped<O, 'stdin', StreamWriter>
  readonly stdout: Piped<O, 'stdout', StreamReader>
  readonly stderr: Piped<O, 'stderr', StreamReader>
}

/** The end of a pipe, where the option says that there is one. */
export type Piped<O, K extends string, End> = EndOf<K extends keyof O ? O[K] : undefined, End>

type EndOf<Option, End> = Option extends 'pipe' ? End : null

/**
 * Starts a program, with its arguments as they are, and gives its {@link Process}. Its streams are those of this process
 * unless the options say otherwise. Throws SpawnError when it cannot be started, TypeError for bad arguments, the
 * reason of `signal` when that is aborted already.
 *
 * ```ts
 * const child = await createSubprocessExec('git', ['log', '--oneline'], { stdout: 'pipe' })
 * for await (const line of child.stdout.lines()) console.log(line.toString().trimEnd())
 * console.log(await child.wait())
 * ```
 */
export function createSubprocessExec<const O extends SubprocessOptions = Record<never, never>>(
  program: string | URL,
  args: readonly string[] = [],
  options?: O,
): Awaitable<ProcessWith<O>> {
  const all: SubprocessOptions = options ?? {}
  return coroutine(starting<O>(subprocessRequest(program, args, false, all), all))
}

/**
 * Starts a command of the shell (`/bin/sh`, or `cmd.exe` on Windows); otherwise as {@link createSubprocessExec}. Text
 * from elsewhere has no place in a command, because the shell would run it: pass it in `env`, or use
 * `createSubprocessExec`.
 *
 * ```ts
 * const child = await createSubprocessShell('du -s * | sort -n', { stdout: 'pipe' })
 * const [text] = await child.communicate()
 * ```
 */
export function createSubprocessShell<const O extends SubprocessOptions = Record<never, never>>(
  command: string,
  options?: O,
): Awaitable<ProcessWith<O>> {
  const all: SubprocessOptions = options ?? {}
  return coroutine(starting<O>(subprocessRequest(command, [], true, all), all))
}

/** The request of a process whose streams are inherited by default, as in asyncio. */
export function subprocessRequest(
  program: string | URL,
  args: readonly string[],
  shell: boolean,
  options: SubprocessOptions,
): ProcessRequest {
  const { stdin = 'inherit', stdout = 'inherit', stderr = 'inherit' } = options
  return requestOf(program, args, shell, { stdin, stdout, stderr }, options)
}

function* starting<O extends SubprocessOptions>(
  request: ProcessRequest,
  options: SubprocessOptions,
): Coroutine<ProcessWith<O>> {
  const child = new Child(options.loop ?? getRunningLoop(), request, keepingOf(options))
  const made = new Process(child, options.limit)
  yield* child.ready()
  return made as ProcessWith<O>
}
