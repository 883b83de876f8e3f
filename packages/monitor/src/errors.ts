import { LoopError } from '@loop/core'

/** A process cannot be inspected, or cannot let itself be; the message says why and what to do. */
export class InspectionError extends LoopError {
  static {
    this.prototype.name = 'InspectionError'
  }
}
