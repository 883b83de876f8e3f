/**
 * What is open over Node on each loop. A selector closes its own sockets with its loop; Node knows of no loop, and its
 * sockets would stay open with nobody left to hear of them.
 */
import type { EventLoop } from '@loop/core'
import { flushAtExit } from '../base/flush-at-exit.ts'

/** Something open that ends with its loop. */
export interface OpenSocket {
  /** Ends it at once, without an event. */
  drop(): void
  /** Gives what was written to the system now. */
  flush?(): void
}

const openOn = new WeakMap<EventLoop, Set<OpenSocket>>()

/**
 * What is open on a loop: add what was opened, delete what was closed; what is left is dropped when the loop is closed.
 */
export function openSockets(loop: EventLoop): Set<OpenSocket> {
  const known = openOn.get(loop)
  if (known !== undefined) return known
  const open = new Set<OpenSocket>()
  openOn.set(loop, open)
  flushAtExit(loop, () => {
    for (const socket of open) socket.flush?.()
  })
  // One callback for all, as connections come and go by the thousand.
  loop.onClose(() => {
    for (const socket of open) socket.drop()
    open.clear()
  })
  return open
}
