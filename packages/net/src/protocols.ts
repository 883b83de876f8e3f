/**
 * Protocols: what programs write. A transport calls a protocol's methods, each as a handle of the loop, in the order of
 * its grammar. Any object with the methods will do; those marked optional may be left out.
 */
import type { SocketAddress } from '@loop/core'
import type { DatagramTransport, Transport } from './transports.ts'

/** What protocols of all kinds share. */
export interface BaseProtocol<T> {
  /** The connection is there. Called once, first. */
  connectionMade?(transport: T): void
  /** It is over: undefined after an own `close` or `abort` or the peer's end, else what broke it. Called once, last. */
  connectionLost?(error: Error | undefined): void
  /** The transport has more than the high-water mark to send: stop writing. Called inside the `write` that did it. */
  pauseWriting?(): void
  /** What is to be sent fell to the low-water mark: go on. */
  resumeWriting?(): void
}

/**
 * A protocol over a stream of bytes.
 *
 *     protocol = connectionMade reading connectionLost
 *     reading  = dataReceived* eofReceived?        (none while reading is paused or after close)
 *
 * with `(pauseWriting resumeWriting)* pauseWriting?` interleaved between the first and the last.
 * An exception in any of them goes to the loop's exception handler, and ends this connection with it; no other.
 */
export interface Protocol extends BaseProtocol<Transport> {
  /** Bytes arrived, at least one, in pieces of any size. They are the protocol's to keep. */
  dataReceived(bytes: Buffer): void
  /**
   * The peer has ended its side. True keeps the connection half open, for writing; otherwise the transport is closed.
   * Over TLS it is always closed.
   */
  eofReceived?(): boolean | void
}

/**
 * A protocol that receives into memory of its own.
 *
 *     protocol = connectionMade reading connectionLost
 *     reading  = (getBuffer bufferUpdated)* eofReceived?
 */
export interface BufferedProtocol extends BaseProtocol<Transport> {
  /** Where to put what arrived: not empty, of any size. `sizeHint` bytes are there. */
  getBuffer(sizeHint: number): Uint8Array
  /** The first `count` bytes of the last buffer were filled. */
  bufferUpdated(count: number): void
  /** As {@link Protocol.eofReceived}. */
  eofReceived?(): boolean | void
}

/** Either kind of protocol for streams: one with `getBuffer` is a {@link BufferedProtocol}. */
export type StreamProtocol = Protocol | BufferedProtocol

/**
 * A protocol over datagrams.
 *
 *     protocol = connectionMade (datagramReceived | errorReceived)* connectionLost
 */
export interface DatagramProtocol extends BaseProtocol<DatagramTransport> {
  /** One datagram arrived, complete. It is the protocol's to keep. */
  datagramReceived?(bytes: Buffer, from: SocketAddress): void
  /** A send or receive failed; the socket stays open. */
  errorReceived?(error: Error): void
}

/** Makes the protocol of one connection. */
export type ProtocolFactory<P> = () => P

/** Whether a protocol receives into its own memory. */
export function isBuffered(protocol: StreamProtocol): protocol is BufferedProtocol {
  return 'getBuffer' in protocol
}
