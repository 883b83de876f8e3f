import { LoopError, NotSupportedError } from '@loop/core'
import type { ShutdownReport } from './shutdown-report.ts'

/** The name is no signal of this system, or one that no program can or should handle; the message says which and why. */
export class SignalNotSupportedError extends NotSupportedError {
  static {
    this.prototype.name = 'SignalNotSupportedError'
  }
}

/** The program was interrupted (SIGINT, Ctrl+C) and its main task ended by that. */
export class InterruptedError extends LoopError {
  static {
    this.prototype.name = 'InterruptedError'
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
