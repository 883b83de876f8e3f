import type { ConnectionHandler } from '@loop/core/lowlevel'
import type { NetConnection } from '../contracts/network.ts'

/** What early events need of their transport. */
export interface StartingTransport extends Pick<ConnectionHandler, 'closed'> {
  /** Where the connection's events go from now on. */
  readonly handler: ConnectionHandler
  isClosing(): boolean
  drained(): void
}

/** What a connection has brought, and nobody has read. */
export interface Arrived {
  readonly pieces: readonly Uint8Array[]
  /** The peer has ended. */
  readonly ended: boolean
}

export const NOTHING_ARRIVED: Arrived = { pieces: [], ended: false }

/**
 * The handler of a connection until reading begins: in asyncio that is after `connection_made`, and after what that
 * scheduled. A backend may deliver bytes in the very turn that accepted them, so early events are kept here.
 */
export class PendingEvents implements ConnectionHandler {
  private readonly pieces: Uint8Array[] = []
  private ended = false
  private arrived = false
  /** Reading has begun; what is still pending is held back by a pause. */
  private started = false
  /** Its bytes were taken, for something else to read. */
  private given = false
  private over: { readonly error: Error | undefined } | null = null

  constructor(
    private readonly transport: StartingTransport,
    private readonly connection: NetConnection,
  ) {}

  data(bytes: Uint8Array): void {
    // Lent memory does not last until they are passed on.
    this.pieces.push(this.connection.borrow ? Buffer.from(bytes) : bytes)
  }

  readable(): void {
    this.arrived = true
  }

  eof(): void {
    this.ended = true
  }

  drained(): void {
    this.transport.drained()
  }

  closed(error: Error | undefined): void {
    if (this.started) this.transport.closed(error)
    else this.over = { error }
  }

  /** Takes what is pending; nothing is passed on any more. */
  takeAll(): Arrived {
    this.given = true
    return { pieces: this.pieces.splice(0), ended: this.ended }
  }

  /** Passes on what is pending, as far as reading is not paused, and lets the rest come by itself. */
  passOn(): void {
    const { connection, transport, over } = this
    if (this.given) return
    this.started = true
    connection.handler = transport.handler
    while (this.pieces.length > 0 && this.canRead()) connection.handler.data(this.pieces.shift()!)
    if (this.arrived && this.pieces.length === 0 && this.canRead()) {
      this.arrived = false
      connection.handler.readable?.()
    }
    if (this.ended && this.pieces.length === 0 && this.canRead()) {
      this.ended = false
      connection.handler.eof()
    }
    if (over !== null) transport.closed(over.error)
    else if ((this.ended || this.pieces.length > 0) && !transport.isClosing()) connection.handler = this
  }

  private canRead(): boolean {
    return !this.connection.paused && !this.transport.isClosing()
  }
}
