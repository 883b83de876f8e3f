/** Every error of this package. Calls in a state that does not allow them raise core's InvalidStateError. */
import { LoopError } from '@loop/core'

/** `getNowait` was called on an empty queue. */
export class QueueEmpty extends LoopError {
  static {
    this.prototype.name = 'QueueEmpty'
  }
}

/** `putNowait` was called on a full queue. */
export class QueueFull extends LoopError {
  static {
    this.prototype.name = 'QueueFull'
  }
}

/** The queue was shut down: nothing can be put, and nothing is left to get. */
export class QueueShutDown extends LoopError {
  static {
    this.prototype.name = 'QueueShutDown'
  }
}

/** The barrier was aborted, or reset while this task waited at it. */
export class BrokenBarrierError extends LoopError {
  static {
    this.prototype.name = 'BrokenBarrierError'
  }
}
