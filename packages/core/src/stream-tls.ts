/** Which part a side of a TLS connection has. */
export type TlsSide = 'server' | 'client'

/**
 * TLS on open connections of a `StreamIo`, beneath their events: `data` brings plain text and `write` takes it.
 *
 * What changes for the connection from {@link StreamTls.start} on:
 * - Nothing may be written until the session tells `secured`; what was written before goes out in plain text, first.
 * - `eof` is the peer's close_notify, or its end without one; the writing side stays open.
 * - `end` sends close_notify after everything written, and then ends the writing side.
 * - `close` does that too, and goes on reading, unheard, until the peer has ended: `closed(undefined)` follows then.
 *   The caller limits the time with `abort`.
 * - A handshake or session that fails is `closed(error)`, with OpenSSL's reason in `code` ('ERR_SSL_…'), and a peer
 *   that is not trusted too, with what verification found ('CERT_HAS_EXPIRED'), as of node:tls.
 * - `pending` counts cipher text. `pull` is ignored.
 */
export interface StreamTls<Connection> {
  /** Which TLS it is, for people. */
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
   * Bytes of the peer that `data` brought before: they are part of the session, and what it has not told yet comes
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
