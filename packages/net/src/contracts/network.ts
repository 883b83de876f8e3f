/**
 * What transports stand on: the part of core's `StreamIo` contract that they use. Two families fulfil it, and
 * everything above is written once:
 *
 *     Server, createConnection, streams
 *     StreamTransport, DatagramSocketTransport
 *     Network ── over StreamIo, where the selector offers it (batched, native)
 *             └─ over node:net, node:tls and node:dgram, everywhere
 */
import type { Future } from '@loop/core'
import type {
  Connection,
  ConnectionHandler,
  DatagramHandler,
  DatagramOptions,
  DatagramSocket,
  ListenerHandler,
  SocketAddress,
} from '@loop/core/lowlevel'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import type { TlsTimes } from './tls-times.ts'

/**
 * Which family carries a connection: 'auto' is 'streams' where the loop's selector offers it and can do what is asked.
 */
export type IoChoice = 'auto' | 'streams' | 'node'

export type { TlsEngine } from './tls-times.ts'

/** A connection as transports use it; for the rules see `Connection` in @loop/core. */
export interface NetConnection extends Pick<
  Connection,
  | 'handler'
  | 'borrow'
  | 'write'
  | 'end'
  | 'close'
  | 'abort'
  | 'pause'
  | 'resume'
  | 'setWaterMarks'
  | 'pending'
  | 'state'
  | 'paused'
  | 'localAddress'
  | 'remoteAddress'
> {
  /** As core's: only where bytes can be received straight into the memory of a protocol. */
  pull?: boolean
  receive?(into: Uint8Array): number
  /**
   * Sends a part of an open file by the system: how many bytes, 'full' until `drained`, null where that cannot be done.
   */
  sendFile?(file: number, offset: number, length: number): number | 'full' | null
  /** Whether TLS is in between. */
  readonly secure?: boolean
  /** Gives what was written to the system now. */
  flush?(): void
  /** More facts for `getExtraInfo`. */
  extra?(name: string): unknown
}

/** A TLS handshake with a peer that connected, from its beginning to its end. */
export interface PendingHandshake {
  /** Ends it, and its connection, without a report. */
  abort(): void
}

/** What a {@link NetListener} reports; `accepted` gets a connection of its own family. */
export interface NetListenerHandler extends Omit<ListenerHandler, 'accepted'> {
  accepted(connection: NetConnection): ConnectionHandler
  /** A peer connected and begins to agree on TLS; `handshakeOver` follows, whether or not the listener is closed. */
  handshakeBegan?(handshake: PendingHandshake): void
  /** After `accepted` or `handshakeFailed`, or after `abort`. */
  handshakeOver?(handshake: PendingHandshake): void
  /** A peer connected and then failed to agree on TLS; nothing else is harmed. */
  handshakeFailed?(error: Error): void
}

/** A listening socket. */
export interface NetListener {
  readonly address: SocketAddress
  close(): void
}

/** A datagram socket as its transport uses it. */
export type NetDatagramSocket = Pick<
  DatagramSocket,
  'handler' | 'send' | 'close' | 'abort' | 'setWaterMarks' | 'pending' | 'localAddress' | 'remoteAddress'
>

/** Where to listen: numeric host and port, or a path, or a descriptor that listens. */
export interface ListenPlace {
  readonly fd?: number
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly backlog?: number
  readonly reusePort?: boolean
  readonly ipv6Only?: boolean
  readonly tls?: TlsOptions & TlsTimes
}

/** Where to connect: numeric host and port, or a path, or a descriptor that is connected. */
export interface ConnectPlace {
  readonly fd?: number
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly localAddress?: string
  readonly localPort?: number
  readonly tls?: ConnectionOptions & TlsTimes
}

/** One family. Failures to bind are thrown, or set on the future. */
export interface Network {
  readonly name: 'streams' | 'node'
  listen(place: ListenPlace, handler: NetListenerHandler): Future<NetListener>
  connect(place: ConnectPlace, handler: ConnectionHandler): NetConnection
  datagram(options: DatagramOptions, handler: DatagramHandler): Future<NetDatagramSocket>
}
