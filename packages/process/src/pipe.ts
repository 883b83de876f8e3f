import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { EndedStage } from './conduct.ts'
import { conducting } from './conduct.ts'
import { CalledProcessError } from './errors.ts'
import type { Ended } from './errors.ts'
import type { ProcessOptions } from './options.ts'
import type { CommandOutput } from './outputs.ts'
import type { Captured, RunOptions } from './run.ts'
import { checkRun } from './run.ts'

/** What one command of a pipeline takes. */
export interface CommandOptions extends Omit<ProcessOptions, 'signal' | 'grace' | 'cleanup' | 'loop'> {
  /** Where its errors go; what the pipeline says by default. 'stdout' sends them down the pipeline. */
  readonly stderr?: CommandOutput | 'stdout'
  /** The program is a command of the shell, without arguments; false by default. */
  readonly shell?: boolean
}

/** A command that is not started yet: a part of a pipeline. */
export class Command {
  /** @internal Use `command`. */
  constructor(
    readonly program: string | URL,
    readonly args: readonly string[],
    readonly options: CommandOptions,
  ) {}
}

/** A command for {@link pipe}. */
export function command(program: string | URL, args: readonly string[] = [], options: CommandOptions = {}): Command {
  return new Command(program, args, options)
}

/** How a pipeline is run: as one command. */
export interface PipelineOptions extends Omit<RunOptions, 'shell' | 'argv0' | 'stderr'> {
  /** Where the errors of the commands go; 'capture' by default. */
  readonly stderr?: CommandOutput
}

/** How a pipeline ended. */
export interface CompletedPipeline<O extends PipelineOptions = Record<never, never>> extends Ended {
  /** That of the last command, as in a shell. */
  readonly returnCode: number
  /** Those of all commands. */
  readonly returnCodes: readonly number[]
  /** What the last command wrote. */
  readonly stdout: Captured<O, 'stdout'>
  /** What the commands complained of, one after the other. */
  readonly stderr: Captured<O, 'stderr'>
}

/**
 * Runs several commands, each reading what the one before it writes, as `a | b | c` in a shell; options may come last.
 * A slow command slows down those before it; one that takes no more, as `head` does, ends them. A timeout, a cancelled
 * task or a `signal` ends all.
 *
 * With `check`, CalledProcessError is thrown when any of them fails; one of which the next took no more has not failed.
 * Otherwise as {@link run}.
 *
 * ```ts
 * const { stdout } = await pipe(command('git', ['log', '--format=%an']), command('sort'), command('uniq', ['-c']))
 * ```
 */
export function pipe(...commands: readonly Command[]): Awaitable<CompletedPipeline>
export function pipe<const O extends PipelineOptions>(
  ...commandsAndOptions: readonly [...commands: readonly Command[], options: O]
): Awaitable<CompletedPipeline<O>>
export function pipe(...given: readonly (Command | PipelineOptions)[]): Awaitable<CompletedPipeline> {
  const last = given.at(-1)
  const options = last === undefined || last instanceof Command ? {} : last
  const commands = last instanceof Command ? given : given.slice(0, -1)
  if (commands.length === 0) throw new TypeError('a pipeline has at least one command')
  for (const each of commands)
    if (!(each instanceof Command)) throw new TypeError(`a pipeline is made of commands, got ${describe(each)}`)
  checkRun(options)
  return coroutine(piping(commands as readonly Command[], options))
}

function* piping(commands: readonly Command[], options: PipelineOptions): Coroutine<CompletedPipeline> {
  const { input, timeout, encoding = 'utf8', stdout = 'capture', stderr = 'capture' } = options
  const stages = commands.map(({ program, args, options: own }) => ({
    program,
    args,
    shell: own.shell ?? false,
    stderr: own.stderr ?? stderr,
    options: { ...options, ...own },
  }))
  const asked = { ...options, input, timeout, encoding, stdout, stdin: options.stdin ?? 'ignore' }
  const all = yield* conducting(options.loop ?? getRunningLoop(), stages, asked)
  const failed = options.check === true ? all.findLast(hasFailed) : undefined
  if (failed !== undefined) throw new CalledProcessError(failed)
  const end = all.at(-1)!
  return {
    command: all.map(({ command: text }) => text).join(' | '),
    returnCode: end.returnCode,
    returnCodes: all.map(({ returnCode }) => returnCode),
    stdout: end.stdout,
    stderr: together(all.map((each) => each.stderr)),
  } as CompletedPipeline
}

function hasFailed({ returnCode, cut }: EndedStage): boolean {
  return returnCode !== 0 && !cut
}

function together(parts: readonly (string | Buffer | null)[]): string | Buffer | null {
  const there = parts.filter((part) => part !== null)
  if (there.length === 0) return null
  return typeof there[0] === 'string' ? there.join('') : Buffer.concat(there as Buffer[])
}
