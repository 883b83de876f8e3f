/** Every error that the executors raise. Cancellation, time limits and closed loops use core's own classes. */
import { LoopError } from '@loop/core'

/** What is known about the end of a worker. */
export interface WorkerExit {
  /** Exit code, or null when a signal ended it. */
  readonly exitCode: number | null
  /** The signal that ended it; processes only. */
  readonly signal: string | null
  /** The error that ended it, when there was one. */
  readonly cause?: unknown
}

/** The worker that ran the task ended before it answered, or the pool cannot start workers at all. */
export class BrokenExecutorError extends LoopError {
  static {
    this.prototype.name = 'BrokenExecutorError'
  }

  /** Exit code of the worker, or null when a signal ended it or it never started. */
  readonly exitCode: number | null
  /** The signal that ended the worker; processes only. */
  readonly signal: string | null
  /** How many tasks failed together because of this end. */
  readonly lost: number

  /** @internal */
  constructor(message: string, exit: WorkerExit, lost: number) {
    super(message, exit.cause === undefined ? undefined : { cause: exit.cause })
    this.exitCode = exit.exitCode
    this.signal = exit.signal
    this.lost = lost
  }
}

/** A function, an argument or a result cannot travel to or from a worker; the message says which and what to do. */
export class NotSerializableError extends LoopError {
  static {
    this.prototype.name = 'NotSerializableError'
  }

  /** Names that a shipped function takes from the scope around it; empty when that was not the reason. */
  readonly captured: readonly string[]

  /** @internal */
  constructor(message: string, options?: { captured?: readonly string[]; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.captured = options?.captured ?? []
  }
}

/** Work was submitted to an executor that is shut down, or is shutting down. */
export class ExecutorShutdownError extends LoopError {
  static {
    this.prototype.name = 'ExecutorShutdownError'
  }
}

/** `queueLimit` tasks are waiting already; submit later, or use `map`, which keeps below the limit by itself. */
export class QueueLimitError extends LoopError {
  static {
    this.prototype.name = 'QueueLimitError'
  }
}

/**
 * Every place of a pool is held by a task that waits for another task of that pool, so none of them could ever go on.
 */
export class PoolDeadlockError extends LoopError {
  static {
    this.prototype.name = 'PoolDeadlockError'
  }
}

/** How a worker ended, in words. */
export function describeExit(exit: WorkerExit): string {
  const how = exit.signal === null ? `exit code ${String(exit.exitCode)}` : `signal ${exit.signal}`
  return exit.cause instanceof Error ? `${how}, ${exit.cause.message}` : how
}
