import { LoopError, NotSupportedError } from '@loop/core'
import { exitCodeOf } from './exit-code.ts'
import type { ShutdownReport } from './shutdown-report.ts'
import { endQuietlyOn } from './uncaught.ts'

/**
 * The name is no signal of this system, or one that no program can or should handle; the message says which and why.
 */
export class SignalNotSupportedError extends NotSupportedError {
  static {
    this.prototype.name = 'SignalNotSupportedError'
  }
}

let endsQuietly = false

/**
 * The program was interrupted (SIGINT, Ctrl+C) and its main task ended by that. Where nobody catches it, the process
 * ends with exit code 130 and says nothing, as shells expect of a program that was interrupted.
 */
export class InterruptedError extends LoopError {
  static {
    this.prototype.name = 'InterruptedError'
  }

  constructor(message?: string, options?: ErrorOptions) {
    // It comes from a key that was pressed: no line of code has to do with it.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message, options)
    Error.stackTraceLimit = stackTraceLimit
    if (endsQuietly) return
    endsQuietly = true
    endQuietlyOn(
      (error) => error instanceof InterruptedError,
      () => exitCodeOf('SIGINT'),
    )
  }
}

/** A graceful shutdown was cut: its deadline passed, or a second signal came. */
export class ShutdownForcedError extends LoopError {
  static {
    this.prototype.name = 'ShutdownForcedError'
  }

  constructor(
    message: string,
    /** What had not ended, and where it waits. */
    readonly report: ShutdownReport,
  ) {
    super(message)
  }
}
