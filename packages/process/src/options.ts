/** What programs pass when they start a process, and the checks of it. */
import type { EventLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { Stream } from 'node:stream'
import process from 'node:process'
import tty from 'node:tty'
import { fileURLToPath } from 'node:url'
import type { Output, ProcessRequest, StandardInput, StandardOutput } from './contracts.ts'

/** A new pipe to the child: `process.stdin`, `.stdout` and `.stderr` are its ends here. asyncio's constant. */
export const PIPE = 'pipe'
/** The null device. asyncio's constant. */
export const DEVNULL = 'ignore'
/** For `stderr`: where standard output goes. asyncio's constant. */
export const STDOUT = 'stdout'

/** How long, in milliseconds, a tree of processes has after SIGTERM before SIGKILL: execa's number. */
const GRACE_MS = 5_000

/** What every way to start a process takes. */
export interface ProcessOptions {
  /** The directory in which it runs; that of this process by default. */
  readonly cwd?: string | URL
  /** Its whole environment; that of this process by default: `{ ...process.env, NAME: 'value' }` adds to it. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Ends the tree of processes when it aborts. */
  readonly signal?: AbortSignal
  /** Milliseconds between SIGTERM and SIGKILL when the tree is ended; 5,000 by default, 0 for SIGKILL at once. */
  readonly grace?: number
  /**
   * Whether the process leads a group (and session) of its own, so that all it starts can be ended with it. True by
   * default, unless its standard input is the terminal: a program that talks to a person stays in the terminal's group,
   * and Ctrl+C reaches it there.
   */
  readonly processGroup?: boolean
  /** Whether it is killed when this process exits, or the loop is closed; true by default. */
  readonly cleanup?: boolean
  /** The name that the program sees as its own; the program's by default. */
  readonly argv0?: string
  /** The user to run as; for processes that may choose. */
  readonly uid?: number
  /** The group to run as. */
  readonly gid?: number
  /** Windows: no console window; true by default. */
  readonly windowsHide?: boolean
  /** Windows: arguments are neither quoted nor escaped. */
  readonly windowsVerbatimArguments?: boolean
  /** The loop; the running one by default. */
  readonly loop?: EventLoop
}

/** Options of `createSubprocessExec` and `createSubprocessShell`. */
export interface SubprocessOptions extends ProcessOptions {
  /** Standard input: 'inherit' (the default), 'pipe', 'ignore', a descriptor, or a stream of Node over one. */
  readonly stdin?: StandardInput
  /** Standard output, likewise. */
  readonly stdout?: StandardOutput
  /** Standard error, likewise; or 'stdout', to have it in the same pipe, in order. */
  readonly stderr?: StandardOutput | 'stdout'
  /** Bytes of the longest line of `stdout` and `stderr`, and half of what they keep before the child is slowed down. */
  readonly limit?: number
}

/** Of the options, what outlives the start. */
export interface Keeping {
  readonly grace: number
  readonly cleanup: boolean
  readonly signal: AbortSignal | undefined
}

/** Where the three standard streams go. */
export interface Stdio {
  readonly stdin: StandardInput
  readonly stdout: StandardOutput
  readonly stderr: Output
}

/** Makes the request to a provider. Throws TypeError and RangeError for what cannot be meant. */
export function requestOf(
  program: string | URL,
  args: readonly string[],
  shell: boolean,
  stdio: Stdio,
  options: ProcessOptions,
): ProcessRequest {
  const { cwd, env, argv0, uid, gid, windowsHide = true, windowsVerbatimArguments = false } = options
  checkText(program instanceof URL ? pathOf(program, 'the program') : program, shell ? 'a command' : 'a program')
  if (!Array.isArray(args)) throw new TypeError(`the arguments of a program are a list of texts, got ${describe(args)}`)
  if (shell && args.length > 0) throw new TypeError('a command of the shell takes no list of arguments')
  for (const argument of args) checkText(argument, 'an argument', true)
  checkStdio(stdio.stdin, 'stdin')
  checkStdio(stdio.stdout, 'stdout')
  if (stdio.stderr !== 'stdout') checkStdio(stdio.stderr, 'stderr')
  if (env !== undefined && (typeof env !== 'object' || env === null))
    throw new TypeError(`env is an object of texts, got ${describe(env)}`)
  return {
    program: program instanceof URL ? pathOf(program, 'the program') : program,
    args,
    shell,
    ...stdio,
    cwd: cwd === undefined ? undefined : directoryOf(cwd),
    env: env ?? process.env,
    processGroup: options.processGroup ?? !talksToAPerson(stdio.stdin),
    argv0,
    uid,
    gid,
    windowsHide,
    windowsVerbatimArguments,
  }
}

/** Checks what outlives the start. */
export function keepingOf({ grace, cleanup = true, signal }: ProcessOptions): Keeping {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function')
    throw new TypeError(`signal is an AbortSignal, got ${describe(signal)}`)
  return { grace: checkGrace(grace), cleanup, signal }
}

/** Throws RangeError unless it is a number of milliseconds from 0. */
export function checkGrace(grace: number = GRACE_MS): number {
  if (typeof grace !== 'number' || !(grace >= 0))
    throw new RangeError(`grace is a number of milliseconds from 0, got ${describe(grace)}`)
  return grace
}

/** Throws RangeError unless it is a number of milliseconds above 0, or missing. */
export function checkTimeout(timeout: number | undefined): void {
  if (timeout !== undefined && (typeof timeout !== 'number' || !(timeout > 0)))
    throw new RangeError(`timeout is a number of milliseconds above 0, got ${describe(timeout)}`)
}

/** Whether the child would share the terminal of a person. */
function talksToAPerson(stdin: StandardInput): boolean {
  if (stdin === 'inherit') return tty.isatty(0)
  if (typeof stdin === 'number') return tty.isatty(stdin)
  return typeof stdin === 'object' && (stdin as { isTTY?: boolean }).isTTY === true
}

function checkText(text: unknown, what: string, mayBeEmpty = false): void {
  if (typeof text !== 'string') throw new TypeError(`${what} is a text, got ${describe(text)}`)
  if (text === '' && !mayBeEmpty) throw new TypeError(`${what} must not be empty`)
  if (text.includes('\0')) throw new TypeError(`${what} has no zero byte inside, got ${describe(text)}`)
}

function checkStdio(value: unknown, name: string): void {
  if (value === 'pipe' || value === 'inherit' || value === 'ignore') return
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return
  if (value instanceof Stream) return
  throw new TypeError(
    `${name} is 'pipe', 'inherit', 'ignore', a descriptor or a stream of Node over one, got ${describe(value)}`,
  )
}

function directoryOf(cwd: string | URL): string {
  const path = cwd instanceof URL ? pathOf(cwd, 'cwd') : cwd
  checkText(path, 'cwd')
  return path
}

function pathOf(url: URL, what: string): string {
  if (url.protocol !== 'file:') throw new TypeError(`${what} as a URL has the scheme file:, got ${url.href}`)
  return fileURLToPath(url)
}

/** A command as people write it, for messages. */
export function commandText({ program, args, shell }: Pick<ProcessRequest, 'program' | 'args' | 'shell'>): string {
  return shell ? program : [program, ...args].map(quoted).join(' ')
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
