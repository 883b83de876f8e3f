/** Every error that core raises. Cancellation has its own root, so that `catch (e) { if (e instanceof LoopError) … }` lets it pass. */

/** Root of the errors below, cancellation excepted. */
export class LoopError extends Error {
  static {
    this.prototype.name = 'LoopError'
  }
}

/**
 * The operation was cancelled. Thrown into a task at the point where it waits; catch it only to clean up, and throw it on.
 * It carries no stack: where a cancellation was thrown is inside the loop, and a stack costs five times the rest.
 */
export class CancelledError extends Error {
  static {
    this.prototype.name = 'CancelledError'
  }

  constructor(message?: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The object is not in a state that allows the call: a future already done, a loop already running, a task awaiting itself. */
export class InvalidStateError extends LoopError {
  static {
    this.prototype.name = 'InvalidStateError'
  }
}

/** A deadline passed. */
export class TimeoutError extends LoopError {
  static {
    this.prototype.name = 'TimeoutError'
  }
}

/** The loop was closed; nothing can be scheduled on it any more. */
export class LoopClosedError extends LoopError {
  static {
    this.prototype.name = 'LoopClosedError'
  }
}

/** The loop, its selector or another part cannot do this; the message names what can. */
export class NotSupportedError extends LoopError {
  static {
    this.prototype.name = 'NotSupportedError'
  }
}
