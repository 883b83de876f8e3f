/**
 * Batched stream and datagram I/O: what a native selector offers (`selector.streams`) and @loop/net builds transports
 * on.
 *
 * The workload is many connections with small messages. There the cost of crossing between JavaScript and the system is
 * what can be saved, so everything here is batched behind plain method calls: what arrived is taken for all connections
 * at once, and what handlers write is collected and given to the kernel once, after they and their microtasks ran.
 *
 * Rules:
 * - Every call of a handler is one `ReadyEvent` of the selector with a `run`: the loop runs it as one handle of its
 *   turn. So observers see it, `callSoon` inside it runs in the next turn, the order policy may reorder the events of
 *   different connections, and an exception reaches the loop's exception handler and harms no other event.
 * - Nothing is called from inside `listen`, `connect`, `write`, `close` or any other method; always in a later turn.
 * - Methods throw for bad arguments and wrong states at once; what the system answers later arrives in `closed(error)`.
 * - Errors of the system are `Error`s with `code` ('ECONNRESET'), `errno` (negative), `syscall`, and where known
 *   `address` and `port`, as Node's own.
 * - Addresses are numeric: names are resolved by the caller. TLS is offered by some, see {@link StreamIo.tls}.
 * - Only an armed `wait` of the selector keeps the process alive; open connections alone do not.
 * - `selector.close()` closes every socket without further calls of handlers.
 */
export interface StreamIo {
  /** Opens a listening socket, bound when the call returns. Throws the system's error, for example EADDRINUSE. */
  listen(options: ListenOptions, handler: ListenerHandler): Listener
  /** Starts a connection; `connected` or `closed(error)` follows. Writes before `connected` are queued. */
  connect(options: ConnectOptions, handler: ConnectionHandler): Connection
  /**
   * Takes over a socket that listens already and was opened elsewhere; it is closed with the listener. Throws the
   * system's error, EINVAL for one that does not listen, and leaves it to the caller then. Absent where descriptors
   * cannot be taken over.
   */
  adoptListener?(fd: number, handler: ListenerHandler): Listener
  /** As {@link adoptListener}, a socket that is connected already; `connected` follows. */
  adoptConnection?(fd: number, handler: ConnectionHandler): Connection
  /** Opens a datagram socket, bound when the call returns. Throws the system's error. */
  datagram(options: DatagramOptions, handler: DatagramHandler): DatagramSocket
  /** Gives every queued write to the kernel now instead of at the end of the batch; for latency in long handlers. */
  flush(): void
  /** What is open, for diagnostics. */
  open(): readonly StreamInfo[]
  /**
   * Whether this is all the network there is for the loop: nobody goes around it through the system's own, and what it
   * cannot carry is a NotSupportedError. So it is in a simulation.
   */
  readonly isolated?: boolean
  /** TLS beneath the events of connections; where it is missing or refuses, the caller uses Node's. */
  readonly tls?: StreamTls<Connection>
}

// ---------------------------------------------------------------- addresses and options

/** Where a socket is: numeric host and port, or the path of a unix socket ('' when unnamed; '\0name' when abstract). */
export type SocketAddress =
  | { readonly family: 'IPv4' | 'IPv6'; readonly address: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }

/** Options of {@link StreamIo.listen}: `path` for a unix socket, else `host` and `port`. */
export interface ListenOptions {
  /** Numeric address; default '::' with IPv4 included where the system has IPv6, else '0.0.0.0'. */
  readonly host?: string
  /** 0 to 65535; 0 (the default) lets the system choose, see {@link Listener.address}. */
  readonly port?: number
  /** Path of a unix socket; one that exists is EADDRINUSE. The caller removes it afterwards. */
  readonly path?: string
  /** Length of the queue of connections not yet accepted; default 100, as asyncio's. */
  readonly backlog?: number
  /** Several sockets may listen on the same port and share its connections (SO_REUSEPORT). */
  readonly reusePort?: boolean
  /** An IPv6 socket takes no IPv4 connections. */
  readonly ipv6Only?: boolean
}

/** Options of {@link StreamIo.connect}: `path` for a unix socket, else `host` and `port`. */
export interface ConnectOptions {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  /** Numeric address to connect from. */
  readonly localAddress?: string
  readonly localPort?: number
}

/** Options of {@link StreamIo.datagram}. */
export interface DatagramOptions {
  /** Numeric address to bind; default '0.0.0.0'. */
  readonly host?: string
  readonly port?: number
  /** The only peer: sends need no address, and only its datagrams arrive. */
  readonly remote?: { readonly host: string; readonly port: number }
  readonly reusePort?: boolean
  readonly broadcast?: boolean
}

/** One open socket as introspection shows it. */
export interface StreamInfo {
  readonly kind: 'listener' | 'connection' | 'datagram'
  readonly fd: number
  readonly local: SocketAddress | undefined
  readonly remote: SocketAddress | undefined
  /** Bytes accepted by `write` and not yet by the kernel. */
  readonly pending: number
}

// ---------------------------------------------------------------- listening

/** A listening socket. `open → closed`; its connections outlive it. */
export interface Listener {
  /** The address bound, with the port that the system chose. */
  readonly address: SocketAddress
  /** The descriptor, for diagnostics; -1 after close. */
  readonly fd: number
  /** Stops accepting; connections in the queue are left there (true) until `resume`. */
  pause(): void
  resume(): void
  /**
   * Closes the socket. Connections that were taken from the kernel's queue are handed over before it returns; those
   * that are still in the queue are reset by the kernel. Repeatable.
   */
  close(): void
}

/** Events of a listener: `(accepted | failed)*`, nothing after its `close` returned. */
export interface ListenerHandler {
  /**
   * A connection is there, already connected; returns its handler. Throwing (or a handler that is no object) aborts
   * this connection only.
   */
  accepted(connection: Connection): ConnectionHandler
  /**
   * Accepting failed for now, typically EMFILE: the process has no descriptor left. Called once for each run of
   * failures; the listener tries again by itself as soon as a descriptor is closed here, and every 100 ms.
   */
  failed?(error: Error): void
}

// ---------------------------------------------------------------- connections

/**
 * One stream connection.
 *
 * The calls of its handler follow this grammar, the last one exactly once:
 *
 *     connection = connected? (data | drained)* (eof drained*)? closed
 *
 * with `connected` only for {@link StreamIo.connect}, and no `data` or `eof` while paused or after `close`/`abort`.
 * `eof` leaves the writing side open: the handler closes (`close`) or goes on writing.
 *
 * The writing side: `write* (end | close | abort)`.
 */
export interface Connection {
  /** Replaceable at any time, for example to upgrade a protocol. */
  handler: ConnectionHandler
  /**
   * False (the default): the bytes of `data` belong to the handler, which may keep them. True: they are a window into
   * memory that is reused, valid only until `data` returns; for handlers that copy or parse at once.
   */
  borrow: boolean
  /**
   * True: what arrives is not received for the handler, which is notified by `readable` and receives into memory of its
   * own, at once: whether it is notified again of what it leaves is the backend's affair. Over TLS it makes no difference.
   */
  pull: boolean
  /** Receives into `into` now, for connections that pull, in `readable`: how many bytes; 0 when there was nothing. */
  receive(into: Uint8Array): number
  /**
   * Queues bytes; they are copied (or sent) before it returns, so the caller may reuse its memory. Returns false when
   * {@link pending} is above the high-water mark: stop until `drained`.
   * Throws InvalidStateError after `end`, `close` or `abort`; after the peer broke the connection it drops the bytes
   * and returns false, as `closed(error)` reports.
   */
  write(bytes: Uint8Array): boolean
  /** Half-closes: the peer sees end of file after everything written. Reading goes on. Repeatable. */
  end(): void
  /** Stops reading, sends what is pending, closes; `closed(undefined)` follows. Repeatable. */
  close(): void
  /** Closes now and drops what is pending; `closed(error)` follows. Repeatable. */
  abort(error?: Error): void
  /**
   * Stops `data` and `eof`; nothing is read from the kernel, so the peer is slowed down. That the peer broke the
   * connection is then seen only by `resume` or by sending, as with asyncio. Repeatable.
   */
  pause(): void
  /** Goes on; what arrived meanwhile follows. Repeatable. */
  resume(): void
  /** Sets the marks of back-pressure in bytes; `0 <= low <= high`. Default 64 KiB and 16 KiB, as asyncio's. */
  setWaterMarks(high: number, low: number): void
  /** Turns Nagle's algorithm off (true, the default here) or on. */
  setNoDelay(on: boolean): void
  /** Keep-alive probes, after `delaySeconds` idle seconds where given. */
  setKeepAlive(on: boolean, delaySeconds?: number): void
  /** Bytes accepted by `write` and not yet by the kernel. */
  readonly pending: number
  /**
   * `connecting → open → closing → closed`; `closed` as soon as no further call of the handler can come but `closed`.
   */
  readonly state: 'connecting' | 'open' | 'closing' | 'closed'
  readonly paused: boolean
  /** The descriptor, for diagnostics; -1 when closed. */
  readonly fd: number
  /** Where this side is, or was. */
  readonly localAddress: SocketAddress | undefined
  /** Where the peer is, or was. */
  readonly remoteAddress: SocketAddress | undefined
}

/** Events of a connection; see the grammar of {@link Connection}. */
export interface ConnectionHandler {
  /** The connection that `connect` started is up. */
  connected?(): void
  /** Bytes arrived, 1 to 65536. Theirs to keep unless {@link Connection.borrow}. */
  data(bytes: Uint8Array): void
  /** Something can be received, of a connection that pulls. */
  readable?(): void
  /** The peer has ended its side. */
  eof(): void
  /** `pending` fell to the low-water mark after `write` had returned false. */
  drained?(): void
  /** It is over: undefined after an own `close` or `abort()`, else what broke it. */
  closed(error: Error | undefined): void
}

// ---------------------------------------------------------------- datagrams

/** A datagram socket; its handler's calls are `(datagram | failed | drained)* closed`. */
export interface DatagramSocket {
  handler: DatagramHandler
  /** As {@link Connection.borrow}. */
  borrow: boolean
  /**
   * Sends one datagram at once, or queues it while the kernel takes none. Returns false when `pending` is above the
   * high-water mark. Errors of the system (EMSGSIZE, ECONNREFUSED) arrive in `failed`. After `close` it throws
   * InvalidStateError.
   */
  send(bytes: Uint8Array, to?: { readonly host: string; readonly port: number }): boolean
  /** Sends what is pending, closes; `closed(undefined)` follows. Repeatable. */
  close(): void
  /** Closes now and drops what is pending; `closed(error)` follows. Repeatable. */
  abort(error?: Error): void
  pause(): void
  resume(): void
  setWaterMarks(high: number, low: number): void
  readonly pending: number
  readonly fd: number
  readonly localAddress: SocketAddress
  readonly remoteAddress: SocketAddress | undefined
}

/** Events of a datagram socket. */
export interface DatagramHandler {
  /** One datagram, complete, 0 to 65507 bytes. */
  datagram(bytes: Uint8Array, from: SocketAddress): void
  /** A send or receive failed; the socket stays open. */
  failed(error: Error): void
  drained?(): void
  closed(error: Error | undefined): void
}

// ---------------------------------------------------------------- TLS

/** Which part a side of a TLS connection has. */
export type TlsSide = 'server' | 'client'

/**
 * TLS on open connections of a `StreamIo`, beneath their events: `data` brings plain text and `write` takes it.
 *
 * What changes for the connection from {@link StreamTls.start} on:
 * - Nothing may be written until the session reports `secured`; what was written before goes out in plain text, first.
 * - `eof` is the peer's close_notify, or its end without one; the writing side stays open.
 * - `end` sends close_notify after everything written, and then ends the writing side.
 * - `close` does that too, and goes on reading, unheard, until the peer has ended: `closed(undefined)` follows then.
 *   The caller limits the time with `abort`.
 * - A handshake or session that fails is `closed(error)`, with OpenSSL's reason in `code` ('ERR_SSL_…'), and a peer
 *   that is not trusted too, with what verification found ('CERT_HAS_EXPIRED'), as of node:tls.
 * - `pending` counts cipher text. `pull` is ignored.
 */
export interface StreamTls<Connection> {
  /** Names the TLS implementation, for diagnostics. */
  readonly engine: string
  /** Why these options of node:tls cannot be served; undefined when they can. */
  refusal(side: TlsSide, options: object): string | undefined
  /**
   * Prepares a side for any number of sessions. Throws what node:tls throws for bad certificates, ciphers and the like.
   */
  context(side: TlsSide, options: object): TlsContext
  /**
   * Begins a session on an open connection. Throws InvalidStateError when there is one, or the connection is not open.
   */
  start(connection: Connection, context: TlsContext, options: TlsStart): TlsSession
}

/** What a {@link StreamTls} prepared. */
export interface TlsContext {
  readonly side: TlsSide
}

/** How a session begins. */
export interface TlsStart {
  /** Where the server is: checked against its certificate unless the options name another `servername`. */
  readonly host?: string | undefined
  /**
   * Bytes of the peer that `data` brought before: they are part of the session, and what it has not reported yet comes
   * after them.
   */
  readonly received?: Uint8Array | undefined
  /** The handshake is done and the peer accepted: a handle of its own, before the first `data`. */
  secured(session: TlsSession): void
}

/** One TLS session. */
export interface TlsSession {
  /** What was agreed on; undefined before that. */
  readonly facts: TlsFacts | undefined
  /** What verification found against the peer, where it was accepted nevertheless. */
  readonly authorizationError: Error | undefined
  /** The peer's certificate as of `getPeerCertificate()` of node:tls; undefined when there is none. */
  peerCertificate(): object | undefined
  /** What a later connection to the same server can be resumed with, as its option `session`. */
  ticket(): Uint8Array | undefined
}

/** What both sides of a TLS session have agreed on. */
export interface TlsFacts {
  /** For example 'TLSv1.3'. */
  readonly protocol: string
  readonly cipher: { readonly name: string; readonly standardName: string; readonly version: string }
  /** The protocol chosen by ALPN. */
  readonly alpnProtocol: string | undefined
  /** The name that the client asked for. */
  readonly servername: string | undefined
  readonly sessionReused: boolean
}
