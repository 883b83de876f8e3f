import type { EventLoop } from '@loop/core'
import type { ConnectionHandler } from '@loop/core/lowlevel'
import { describe } from '@loop/core/lowlevel'
import type { NetConnection } from '../contracts/network.ts'
import type { BufferedProtocol } from '../contracts/protocols.ts'
import type { Arrived } from './pending-events.ts'

/** What may have arrived, where that is not known before it is received: as uvloop's. */
const SIZE_HINT = 64 * 1024

/** What the receiver needs of its transport. */
export interface ReceivingTransport extends Pick<ConnectionHandler, 'data' | 'eof' | 'closed'> {
  /** The protocol, or null when it was replaced by one of the other kind. */
  readonly bufferedProtocol: BufferedProtocol | null
  /** Where the connection's events go from now on. */
  readonly handler: ConnectionHandler
  isClosing(): boolean
  drained(): void
  /** Reports an exception of the protocol and ends the connection. */
  fail(thrown: unknown, method: string): void
}

/**
 * Puts arriving bytes into the memory of a {@link BufferedProtocol}. One piece may fill several buffers; when the
 * protocol pauses in between, the rest waits here, and everything that comes meanwhile behind it.
 */
export class BufferedReceiver implements ConnectionHandler {
  private rest: Buffer | null = null
  /** Came while a rest waits. */
  private arrived = false
  private ended = false

  constructor(
    private readonly transport: ReceivingTransport,
    private readonly connection: NetConnection,
  ) {}

  /** Whether something waits here. */
  get holds(): boolean {
    return this.rest !== null || this.ended
  }

  data(bytes: Uint8Array): void {
    if (this.rest === null) this.deliver(bytes)
    else this.rest = Buffer.concat([this.rest, bytes])
  }

  /** Receives straight into the memory of the protocol. */
  readable(): void {
    const protocol = this.transport.bufferedProtocol
    if (this.rest !== null) {
      this.arrived = true
      return
    }
    if (protocol === null || this.transport.isClosing()) return
    try {
      const count = this.connection.receive!(checkBuffer(protocol.getBuffer(SIZE_HINT)))
      if (count > 0) protocol.bufferUpdated(count)
    } catch (error) {
      this.transport.fail(error, 'getBuffer() or bufferUpdated')
    }
  }

  eof(): void {
    if (this.rest === null) this.transport.eof()
    else this.ended = true
  }

  drained(): void {
    this.transport.drained()
  }

  closed(error: Error | undefined): void {
    this.rest = null
    this.ended = false
    this.transport.closed(error)
  }

  /** What waits here, which is the caller's from now on. */
  taken(): Arrived {
    const { rest, ended } = this
    this.rest = null
    return { pieces: rest === null ? [] : [rest], ended }
  }

  /** Goes on with what waits here, in handles of their own. */
  resume(loop: EventLoop): void {
    loop.callSoon(() => {
      const { rest, connection, transport } = this
      if (connection.paused || transport.isClosing()) return
      this.rest = null
      if (rest !== null) this.deliver(rest)
      if (this.rest !== null) return
      if (this.ended) loop.callSoon(endLater, this)
      else if (this.arrived) {
        this.arrived = false
        this.readable()
      }
      connection.handler = transport.handler
    })
  }

  /** The end, unless the protocol has paused reading again. */
  endIfReading(): void {
    if (!this.ended || this.rest !== null || this.connection.paused) return
    this.ended = false
    this.connection.handler = this.transport.handler
    this.transport.eof()
  }

  private deliver(bytes: Uint8Array): void {
    const { transport, connection } = this
    for (let from = 0; from < bytes.length;) {
      const protocol = transport.bufferedProtocol
      if (transport.isClosing()) return
      // Copied: the memory is the connection's, and only lent.
      if (connection.paused) {
        this.rest = Buffer.from(bytes.subarray(from))
        return
      }
      if (protocol === null) {
        transport.data(Buffer.from(bytes.subarray(from)))
        return
      }
      try {
        const buffer = checkBuffer(protocol.getBuffer(bytes.length - from))
        const count = Math.min(buffer.length, bytes.length - from)
        buffer.set(bytes.subarray(from, from + count))
        from += count
        protocol.bufferUpdated(count)
      } catch (error) {
        transport.fail(error, 'getBuffer() or bufferUpdated')
        return
      }
    }
  }
}

function endLater(receiver: BufferedReceiver): void {
  receiver.endIfReading()
}

function checkBuffer(buffer: unknown): Uint8Array {
  if (!(buffer instanceof Uint8Array))
    throw new TypeError(`getBuffer() must return a Uint8Array, got ${describe(buffer)}`)
  if (buffer.length === 0) throw new RangeError('getBuffer() returned an empty buffer')
  return buffer
}
