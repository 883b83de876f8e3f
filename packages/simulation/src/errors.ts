/** Every error of this package. */
import { LoopError } from '@loop/core'

/** A run failed; `cause` is why. The message has the seed, the smallest run that fails, and how to see it again. */
export class SimulationError extends LoopError {
  static {
    this.prototype.name = 'SimulationError'
  }

  constructor(
    message: string,
    /** The seed that failed. */
    readonly seed: number,
    /** The faults without which it does not fail, as `LOOP_FAULTS` takes them. */
    readonly faults: readonly string[],
    /** Everything that happened in the smallest failing run, a line each. */
    readonly timeline: string,
    /** The same as a sequence diagram: one page of HTML that needs nothing else. */
    readonly diagram: string,
    options: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A seed gave two different runs: something in the program is decided outside of the simulation. */
export class NotDeterministicError extends LoopError {
  static {
    this.prototype.name = 'NotDeterministicError'
  }

  constructor(
    message: string,
    /** The seed that was run twice. */
    readonly seed: number,
  ) {
    super(message)
  }
}

/** Nothing can happen any more: every host waits, and nothing is on the way. */
export class WorldAtRestError extends LoopError {
  static {
    this.prototype.name = 'WorldAtRestError'
  }
}

/** A host runs on and on at one moment, so that time cannot move. */
export class WorldSpinsError extends LoopError {
  static {
    this.prototype.name = 'WorldSpinsError'
  }
}

/** The simulation did not end within its limit of virtual time. */
export class TimeLimitError extends LoopError {
  static {
    this.prototype.name = 'TimeLimitError'
  }
}

/** A host's main function ended with an error; `cause` is it. */
export class HostFailedError extends LoopError {
  static {
    this.prototype.name = 'HostFailedError'
  }

  constructor(
    message: string,
    /** Its name. */
    readonly host: string,
    options: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Something in a host is decided outside of the simulation: real time, real I/O, or another source of chance. */
export class AmbientError extends LoopError {
  static {
    this.prototype.name = 'AmbientError'
  }
}

/** There is no host of that name. */
export class UnknownHostError extends LoopError {
  static {
    this.prototype.name = 'UnknownHostError'
  }
}
