import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { conducting } from './conduct.ts'
import { CalledProcessError } from './errors.ts'
import type { Ended } from './errors.ts'
import type { Input } from './input.ts'
import { checkInput } from './input.ts'
import type { ProcessOptions } from './options.ts'
import { checkTimeout } from './options.ts'
import type { CommandOutput } from './outputs.ts'

/** How a command is run. */
export interface RunOptions extends ProcessOptions {
  /** What it reads. Nothing by default: its standard input is at its end. */
  readonly input?: Input
  /** Standard input in place of `input`: 'inherit' shares that of this process. */
  readonly stdin?: 'inherit' | 'ignore' | number
  /** Where its output goes; 'capture' by default. */
  readonly stdout?: CommandOutput
  /** Likewise; or 'stdout', to have both in one, in order. */
  readonly stderr?: CommandOutput | 'stdout'
  /** How captured output is read: as text in 'utf8' by default; 'buffer' for bytes. */
  readonly encoding?: BufferEncoding | 'buffer'
  /** Milliseconds after which the tree is ended, and ProcessTimeoutError thrown. */
  readonly timeout?: number
  /** Throws CalledProcessError for a return code other than 0; false by default. */
  readonly check?: boolean
  /** The program is a command of the shell, without arguments; false by default. */
  readonly shell?: boolean
}

/** What `encoding` makes of captured output. */
export type TextOf<O> = O extends { readonly encoding: 'buffer' } ? Buffer : string

/** The output `K` as it comes back: null where it was not captured. */
export type Captured<O, K extends string> = CapturedAs<K extends keyof O ? O[K] : undefined, TextOf<O>>

type CapturedAs<Option, Text> = Option extends 'capture' | undefined ? Text : null

/** How a command ended; null for output that was not captured. */
export interface CompletedProcess<O extends RunOptions = Record<never, never>> extends Ended {
  readonly stdout: Captured<O, 'stdout'>
  readonly stderr: Captured<O, 'stderr'>
}

/**
 * Runs a program to its end, and gives its return code and what it wrote. A task that is cancelled, a `timeout` of core
 * around it, its own `timeout` or `signal`: each ends the whole tree of processes, SIGTERM first and SIGKILL after
 * `grace`, and waits for that.
 *
 * Throws SpawnError when it cannot be started, CalledProcessError with `check`, ProcessTimeoutError, the reason of
 * `signal`, what `input` throws, and TypeError for bad arguments.
 *
 * ```ts
 * const { stdout } = await run('git', ['rev-parse', 'HEAD'], { check: true })
 * ```
 */
export function run<const O extends RunOptions = Record<never, never>>(
  program: string | URL,
  args: readonly string[] = [],
  options?: O,
): Awaitable<CompletedProcess<O>> {
  const all: RunOptions = options ?? {}
  checkRun(all)
  return coroutine(running(program, args, all)) as Awaitable<CompletedProcess<O>>
}

/** Throws TypeError or RangeError for options that cannot be meant. */
export function checkRun({ input, stdin, timeout, encoding = 'utf8' }: RunOptions): void {
  if (input !== undefined) checkInput(input)
  if (input !== undefined && stdin !== undefined) throw new TypeError('give either input or stdin, not both')
  checkTimeout(timeout)
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding))
    throw new TypeError(`encoding is one of Buffer's, or 'buffer', got ${describe(encoding)}`)
}

function* running(program: string | URL, args: readonly string[], options: RunOptions): Coroutine<Ended> {
  const { input, timeout, encoding = 'utf8', shell = false, stdout = 'capture', stderr = 'capture' } = options
  const stage = { program, args, shell, stderr, options }
  const asked = { ...options, input, timeout, encoding, stdout, stdin: options.stdin ?? 'ignore' }
  const [ended] = yield* conducting(options.loop ?? getRunningLoop(), [stage], asked)
  const { command, returnCode } = ended!
  if (options.check === true && returnCode !== 0) throw new CalledProcessError(ended!)
  return { command, returnCode, stdout: ended!.stdout, stderr: ended!.stderr }
}
