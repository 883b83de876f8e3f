/** Every error of this package. */
import type { TaskDescription } from '@loop/core/lowlevel'
import { LoopError } from '@loop/core'

/** Tasks wait, and nothing can wake them. */
export class DeadlockError extends LoopError {
  static {
    this.prototype.name = 'DeadlockError'
  }

  constructor(
    message: string,
    /** The tasks that wait. */
    readonly tasks: readonly TaskDescription[],
  ) {
    super(message)
  }
}

/** Something runs in every turn, so that virtual time, which moves only when nothing can run, never moves. */
export class LivelockError extends LoopError {
  static {
    this.prototype.name = 'LivelockError'
  }

  constructor(
    message: string,
    /** The tasks that are not done. */
    readonly tasks: readonly TaskDescription[],
  ) {
    super(message)
  }
}

/** A test failed under a seed; `cause` is its error. */
export class ExplorationError extends LoopError {
  static {
    this.prototype.name = 'ExplorationError'
  }

  constructor(
    message: string,
    /** The smallest seed that failed. */
    readonly seed: number,
    options: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A test failed under a seed, but not when that seed was run again: it depends on something outside the loop. */
export class NotReproducibleError extends LoopError {
  static {
    this.prototype.name = 'NotReproducibleError'
  }

  constructor(
    message: string,
    /** The seed under which it had failed. */
    readonly seed: number,
    options: ErrorOptions,
  ) {
    super(message, options)
  }
}
