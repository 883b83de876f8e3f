import { EventLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'

/** Throws TypeError for what is no event loop; `what` says what it was given as or comes from. */
export function checkLoop(loop: unknown, what: string): void {
  if (!(loop instanceof EventLoop)) throw new TypeError(`${what} must be an EventLoop, not ${describe(loop)}`)
}
