/**
 * What programs write, and what they are given. Protocols are written: a transport calls their methods, each as a
 * handle of the loop, in the order of a grammar. Any object with the methods will do; those marked optional may be left
 * out.
 */
import type { Awaitable } from '@loop/core'
import type { SocketAddress } from '@loop/core/lowlevel'
import type { SocketOptions } from './socket-options.ts'
import type { StartTlsOptions } from './tls-times.ts'
import type { Socket } from 'node:net'
import type { PeerCertificate, CipherNameAndProtocol } from 'node:tls'

// ---------------------------------------------------------------- protocols

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

// ---------------------------------------------------------------- transports

/** What {@link BaseTransport.getExtraInfo} knows; undefined where it does not apply. */
export interface ExtraInfo {
  /** Address of the peer; stays known after the connection is lost. */
  peername: SocketAddress
  /** Address on this side; stays known after the connection is lost. */
  sockname: SocketAddress
  /** The socket beneath, for its options: Node's own where the transport is over one. */
  socket: SocketOptions & Partial<Socket>
  /** The peer's certificate, over TLS. */
  peercert: PeerCertificate
  /** The cipher in use, over TLS. */
  cipher: CipherNameAndProtocol
  /** The protocol chosen by ALPN, over TLS. */
  alpnProtocol: string
  /** What speaks TLS: 'node', or 'openssl-native' beneath the selector's streams. */
  tlsEngine: string
  [name: string]: unknown
}

/** Marks of back-pressure, in bytes. */
export interface WriteBufferLimits {
  readonly high: number
  readonly low: number
}

/** What transports of all kinds share. */
export interface BaseTransport<P> {
  /**
   * Stops reading, sends what was written, then closes; `connectionLost(undefined)` follows. Repeatable.
   * When the peer does not read, that may take for ever: `abort` does not wait. A TLS session is ended on both sides,
   * within its `shutdownTimeout`; when that is over, `connectionLost` gets an error.
   */
  close(): void
  /** Closes at once and drops what was not sent; `connectionLost(undefined)` follows. Repeatable. */
  abort(): void
  /** Whether it is closing or closed. */
  isClosing(): boolean
  /** A fact about the connection, or `fallback`. */
  getExtraInfo<K extends keyof ExtraInfo & string>(name: K, fallback?: ExtraInfo[K]): ExtraInfo[K] | undefined
  /** The protocol in force. */
  getProtocol(): P
  /** Replaces the protocol; what arrives from now on goes to the new one. Neither is called. */
  setProtocol(protocol: P): void
  /** Bytes written and not yet taken by the system. */
  getWriteBufferSize(): number
  getWriteBufferLimits(): WriteBufferLimits
  /**
   * Sets the marks of back-pressure: above `high` the protocol's `pauseWriting` is called, at `low` its
   * `resumeWriting`. Default 64 KiB, and a quarter of `high` for `low`. Throws RangeError unless `0 <= low <= high`.
   */
  setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void
}

/**
 * One side of a stream connection: what a protocol writes to. Writing follows the grammar
 *
 *     (write | writeLines)* (writeEof | close | abort)
 *
 * A write after an own `writeEof`, `close` or `abort` is a {@link TransportClosedError}. After the peer broke or ended
 * the connection, or an exception did, bytes are dropped, as no program can know that in time; who goes on writing is
 * reported once.
 */
export interface Transport extends BaseTransport<StreamProtocol> {
  /** Sends bytes, in order; never waits. They may be changed afterwards. Throws TypeError for anything else. */
  write(bytes: Uint8Array): void
  /** Writes them one after the other; they leave together. */
  writeLines(list: Iterable<Uint8Array>): void
  /** Ends the writing side, after what was written; reading goes on. Repeatable. Over TLS many peers close at that. */
  writeEof(): void
  /** Whether `writeEof` is possible: on every connection. */
  canWriteEof(): boolean
  /**
   * Gives what was written to the system now, as far as it takes it. Otherwise that happens when the running callback
   * and its microtasks are over: a long computation after a write comes before it.
   */
  flush(): void
  /**
   * Begins TLS on this connection, after what was written; done when the handshake is. `options` are those of node:tls
   * and limits of time; the side that accepted the connection is the server. What was received and not read is taken
   * for a part of the handshake, so that nothing said in plain text counts as said in secret. The protocol stays, and
   * is not called.
   *
   * Throws TransportClosedError after `close` or `writeEof`, InvalidStateError over TLS. A handshake that fails is
   * thrown and ends the connection.
   */
  startTls(options?: StartTlsOptions): Awaitable<void>
  /** Stops `dataReceived` and `eofReceived`; the peer is slowed down. Repeatable. */
  pauseReading(): void
  /** Goes on. Repeatable. */
  resumeReading(): void
  /** Whether it is neither paused nor closing. */
  isReading(): boolean
}

/** A datagram socket. */
export interface DatagramTransport extends BaseTransport<DatagramProtocol> {
  /**
   * Sends one datagram: to `address`, or to the only peer where one was given. Never waits. Failures arrive in
   * `errorReceived`. Throws AddressError for an address that is not numeric or not possible here, TransportClosedError
   * after `close`.
   */
  sendTo(bytes: Uint8Array, address?: { readonly host: string; readonly port: number }): void
}
