import type { Pollable } from '@loop/core'
import type { Interest } from '@loop/core/lowlevel'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import { Listeners } from './listeners.ts'

/** The part of MessagePort and BroadcastChannel that is needed, of node:worker_threads and of the web alike. */
export interface PortLike {
  addEventListener(type: 'message' | 'close', listener: (event: { data?: unknown }) => void): void
  removeEventListener(type: 'message' | 'close', listener: (event: { data?: unknown }) => void): void
  start?(): void
  unref?(): void
}

/** A message port as a source. */
export interface WatchedPort extends Pollable {
  onReady(notify: () => void): () => void
  /**
   * Takes the oldest message that arrived, in an object, because a message may be null (as undefined ones arrive); null
   * when there is none.
   */
  receive(): { readonly message: unknown } | null
  /** Whether the port was closed, here or on the other side. */
  readonly closed: boolean
  /** Stops listening; the port stays as it is, and messages already taken from it are dropped. */
  release(): void
}

/**
 * Watches a message port. Readable: a message has arrived, or the port was closed. Always writable: ports take every
 * message. The port alone does not keep the process alive; a loop that waits for it does.
 */
export function watchPort(port: PortLike): WatchedPort {
  return new PortSource(port)
}

class PortSource implements WatchedPort {
  closed = false
  private readonly listeners = new Listeners()
  private readonly messages: unknown[] = []

  constructor(private readonly port: PortLike) {
    port.addEventListener('message', this.noteMessage)
    port.addEventListener('close', this.noteClose)
    port.start?.()
    // Listening made the port keep the process alive.
    port.unref?.()
  }

  poll(interest: Interest): Interest {
    return interest & (this.closed || this.messages.length > 0 ? READABLE | WRITABLE : WRITABLE)
  }

  onReady(notify: () => void): () => void {
    return this.listeners.add(notify)
  }

  receive(): { readonly message: unknown } | null {
    return this.messages.length === 0 ? null : { message: this.messages.shift() }
  }

  release(): void {
    this.port.removeEventListener('message', this.noteMessage)
    this.port.removeEventListener('close', this.noteClose)
    this.messages.length = 0
  }

  private readonly noteMessage = (event: { data?: unknown }): void => {
    this.messages.push(event.data)
    this.listeners.call()
  }

  private readonly noteClose = (): void => {
    this.closed = true
    this.listeners.call()
  }
}
