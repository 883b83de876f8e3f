import type { ConnectionHandler, EventLoop } from '@loop/core'
import type { NetConnection } from './network.ts'
import type { BufferedProtocol } from './contracts.ts'

/** What may have arrived, where that is not known before it is received: as uvloop's. */
const SIZE_HINT = 64 * 1024

/** What the receiver needs of its transport. */
export interface ReceivingTransport extends Pick<ConnectionHandler, 'eof' | 'closed'> {
  /** The protocol, or null when it was replaced by one of the other kind. */
  readonly bufferedProtocol: BufferedProtocol | null
  isClosing(): boolean
  drained(): void
  /** Reports an exception of the protocol and ends the connection. */
  fail(thrown: unknown, method: string): void
}

/**
 * Puts arriving bytes into the memory of a {@link BufferedProtocol}. One piece may fill several buffers; when the protocol
 * pauses in between, the rest waits here and comes first when it goes on.
 */
export class BufferedReceiver implements ConnectionHandler {
  private rest: Uint8Array | null = null

  constructor(
    private readonly transport: ReceivingTransport,
    private readonly connection: NetConnection,
  ) {}

  /** Whether bytes wait here. */
  get holds(): boolean {
    return this.rest !== null
  }

  data(bytes: Uint8Array): void {
    let from = 0
    while (from < bytes.length) {
      const protocol = this.transport.bufferedProtocol
      if (this.transport.isClosing()) return
      if (this.connection.paused || protocol === null) {
        // Copied: the memory is the connection's, and only lent.
        this.passOn(Buffer.from(bytes.subarray(from)))
        return
      }
      try {
        const buffer = checkBuffer(protocol.getBuffer(bytes.length - from))
        const count = Math.min(buffer.length, bytes.length - from)
        buffer.set(bytes.subarray(from, from + count))
        from += count
        protocol.bufferUpdated(count)
      } catch (error) {
        this.transport.fail(error, 'getBuffer() or bufferUpdated')
        return
      }
    }
  }

  /** Receives straight into the memory of the protocol. */
  readable(): void {
    const protocol = this.transport.bufferedProtocol
    if (protocol === null || this.transport.isClosing()) return
    try {
      const count = this.connection.receive!(checkBuffer(protocol.getBuffer(SIZE_HINT)))
      if (count > 0) protocol.bufferUpdated(count)
    } catch (error) {
      this.transport.fail(error, 'getBuffer() or bufferUpdated')
    }
  }

  eof(): void {
    this.transport.eof()
  }

  drained(): void {
    this.transport.drained()
  }

  closed(error: Error | undefined): void {
    this.rest = null
    this.transport.closed(error)
  }

  /** What waits here, which is the caller's from now on. */
  taken(): Uint8Array[] {
    const { rest } = this
    this.rest = null
    return rest === null ? [] : [rest]
  }

  /** Goes on with what waits here, in the next turn; the connection's own follows in a later one. */
  resume(loop: EventLoop): void {
    loop.callSoon(() => {
      const { rest } = this
      if (rest === null || this.connection.paused || this.transport.isClosing()) return
      this.rest = null
      this.connection.handler.data(rest)
    })
  }

  /** To the protocol of another kind that was set in between; or it waits, when reading was paused. */
  private passOn(rest: Buffer): void {
    if (this.connection.paused) this.rest = rest
    else this.connection.handler.data(rest)
  }
}

function checkBuffer(buffer: unknown): Uint8Array {
  if (!(buffer instanceof Uint8Array)) throw new TypeError(`getBuffer() must return a Uint8Array, got ${typeof buffer}`)
  if (buffer.length === 0) throw new RangeError('getBuffer() returned an empty buffer')
  return buffer
}
