import type { EventLoop, TimerHandle } from '@loop/core'
import type { Socket } from 'node:net'

/**
 * What node:tls writes by itself at the end of a handshake (the session tickets of a server, the last flight of a
 * client) may meet a connection that the peer has reset. Node drops that error and waits for the write for ever:
 * nothing that the program writes leaves any more, no callback comes, and the socket stays open. It shows as bytes that
 * TLS has ready and the socket below was never given.
 */

/** Milliseconds between looks: enough for Node to have gone round, little beside a handshake. */
const LOOK_MS = 10
/** So many looks without a change are no coincidence: a write that is under way takes one round of Node. */
const LOOKS = 3

/** Handles of Node as far as they say what is queued; unknown to other runtimes, which are not looked at then. */
interface Layers {
  readonly _handle?: { readonly writeQueueSize?: number } | null
  readonly _parent?: {
    readonly _handle?: { readonly writeQueueSize?: number } | null
    readonly bytesWritten?: number
  } | null
}

/** Calls `found` if the last write of the handshake was swallowed; the timer is the caller's to cancel. */
export class SwallowedWrite {
  private timer: TimerHandle
  private looks = 0
  private written: number | undefined

  constructor(
    private readonly loop: EventLoop,
    private readonly socket: Socket,
    private readonly found: () => void,
  ) {
    this.timer = loop.callLater(LOOK_MS, this.look)
  }

  cancel(): void {
    this.timer.cancel()
  }

  private readonly look = (): void => {
    const { _handle, _parent } = this.socket as unknown as Layers
    const below = _parent?._handle
    if (!((_handle?.writeQueueSize ?? 0) > 0) || below?.writeQueueSize !== 0) return
    const written = _parent?.bytesWritten
    this.looks = written === this.written ? this.looks + 1 : 0
    this.written = written
    if (this.looks >= LOOKS) this.found()
    else this.timer = this.loop.callLater(LOOK_MS, this.look)
  }
}
