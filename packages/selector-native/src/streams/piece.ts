import type { ReadyEvent } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { READABLE } from '@loop/core/lowlevel'

/** A connection as its waiting bytes need it. */
export interface PieceOwner {
  readonly session: object | null
  /** Its turn in a batch has come. */
  deliver(piece: Piece): void
  data(bytes: Uint8Array): void
  abort(error: Error): void
}

/** Bytes that wait for a later turn. */
export class Piece implements ReadyEvent {
  readonly token = -1
  readonly ready = READABLE
  private readonly session: object | null

  constructor(
    private readonly connection: PieceOwner,
    readonly bytes: Uint8Array,
  ) {
    this.session = connection.session
  }

  run(): void {
    this.connection.deliver(this)
  }

  /** Gives the bytes to the connection. */
  emit(): void {
    const { connection } = this
    if (this.session === connection.session) connection.data(this.bytes)
    // Plain text that was on its way when TLS began is no part of what the session says.
    else connection.abort(new InvalidStateError('bytes from before the TLS session came after its beginning'))
  }
}
