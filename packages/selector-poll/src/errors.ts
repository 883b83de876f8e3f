import { LoopError } from '@loop/core'

/** Bytes were written to an in-memory pipe whose other end does not read any more. */
export class BrokenPipeError extends LoopError {
  static {
    this.prototype.name = 'BrokenPipeError'
  }
}
