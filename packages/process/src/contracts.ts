/** The contract between processes on a loop and what starts them: the system, or a test's own. */
import type { Readable, Stream, Writable } from 'node:stream'

/** Where standard input comes from: a pipe, that of this process, nothing, a descriptor, or a stream of Node over one. */
export type StandardInput = 'pipe' | 'inherit' | 'ignore' | number | Stream
/** Where output goes; as {@link StandardInput}. */
export type StandardOutput = StandardInput
/** Where standard error goes; 'stdout': where standard output does. */
export type Output = StandardOutput | 'stdout'

/** A process to be started; checked and complete. */
export interface ProcessRequest {
  /** The program, or the command when `shell` is true. */
  readonly program: string
  readonly args: readonly string[]
  readonly shell: boolean
  readonly stdin: StandardInput
  readonly stdout: StandardOutput
  readonly stderr: Output
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether it leads a group of its own. */
  readonly processGroup: boolean
  readonly argv0: string | undefined
  readonly uid: number | undefined
  readonly gid: number | undefined
  readonly windowsHide: boolean
  readonly windowsVerbatimArguments: boolean
}

/** Who hears of a process; either is called once, never from inside `start`. */
export interface ProcessEvents {
  /** It could not be started. */
  failed(error: Error): void
  /** It has ended: with an exit code, or by a signal. */
  exited(code: number | null, signal: string | null): void
}

/** A process that runs. */
export interface StartedProcess {
  readonly pid: number
  /** This side of its pipes; null for what is no pipe. */
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /**
   * Sends a signal to the process, or to every process of its tree. False when there is none; throws the system's error
   * (EPERM) when that is not allowed.
   */
  signal(signal: NodeJS.Signals | number, tree: boolean): boolean
  /** Whether a process of its tree lives; asked after it has ended itself. */
  treeAlive(): boolean
}

/** Starts processes. */
export interface ProcessProvider {
  readonly name: string
  /** Whether SIGTERM is something that processes can answer: not on Windows. */
  readonly asks: boolean
  /** Starts one. Null when it could not, and `failed` follows; or throws a SpawnError at once. */
  start(request: ProcessRequest, events: ProcessEvents): StartedProcess | null
}
