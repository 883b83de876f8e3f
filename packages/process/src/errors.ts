import { InvalidStateError, LoopError, TimeoutError } from '@loop/core'

/**
 * A program could not be started: it is not there (code ENOENT), may not be run (EACCES), its working directory is
 * missing, the system has no room (EAGAIN, EMFILE). `cause` is the system's error.
 */
export class SpawnError extends LoopError {
  static {
    this.prototype.name = 'SpawnError'
  }

  constructor(
    message: string,
    /** The system's name of it: 'ENOENT'. */
    readonly code: string,
    /** The system's number of it, negative, as in Node's errors; undefined where it gave none. */
    readonly errno: number | undefined,
    /** What it is about: the program, or the working directory. */
    readonly path: string,
    cause?: unknown,
  ) {
    super(message, { cause })
  }

  /** As in Node's errors. */
  readonly syscall = 'spawn'
}

/** The process has ended, so that no signal can reach it. */
export class ProcessLookupError extends InvalidStateError {
  static {
    this.prototype.name = 'ProcessLookupError'
  }
  readonly code = 'ESRCH'
}

/** What is known of a command that ended: Python's attributes. */
export interface Ended<T = string | Buffer> {
  /** The command as people write it. */
  readonly command: string
  /** The exit code; minus the number of the signal that ended it. */
  readonly returnCode: number
  /** What it wrote, where that was captured. */
  readonly stdout: T | null
  /** As `stdout`. */
  readonly stderr: T | null
}

/** The last lines of standard error that a message shows: the reason stands there more often than not. */
const SHOWN_LINES = 5
const SHOWN_CHARACTERS = 1000

/** A command ended with an exit code other than 0, or by a signal, and `check` was asked for. */
export class CalledProcessError extends LoopError implements Ended {
  static {
    this.prototype.name = 'CalledProcessError'
  }
  readonly command: string
  readonly returnCode: number
  readonly stdout: string | Buffer | null
  readonly stderr: string | Buffer | null

  constructor({ command, returnCode, stdout, stderr }: Ended) {
    super(`${command} ${howItEnded(returnCode)}${complaint(stderr)}`)
    this.command = command
    this.returnCode = returnCode
    this.stdout = stdout
    this.stderr = stderr
  }
}

/** A command took longer than its `timeout`, and was ended with what it had started. */
export class ProcessTimeoutError extends TimeoutError {
  static {
    this.prototype.name = 'ProcessTimeoutError'
  }
  readonly command: string
  /** What it had written by then. */
  readonly stdout: string | Buffer | null
  readonly stderr: string | Buffer | null

  constructor(
    { command, stdout, stderr }: Omit<Ended, 'returnCode'>,
    /** The limit in milliseconds. */
    readonly timeout: number,
  ) {
    super(`${command} took longer than ${timeout} ms${complaint(stderr)}`)
    this.command = command
    this.stdout = stdout
    this.stderr = stderr
  }
}

function howItEnded(returnCode: number): string {
  return returnCode < 0 ? `was ended by signal ${-returnCode}` : `ended with exit code ${returnCode}`
}

function complaint(stderr: string | Buffer | null): string {
  const text = stderr?.toString().trimEnd() ?? ''
  if (text === '') return ''
  return `:\n${text.split('\n').slice(-SHOWN_LINES).join('\n').slice(-SHOWN_CHARACTERS)}`
}
