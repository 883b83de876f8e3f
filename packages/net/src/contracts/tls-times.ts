import type { ConnectionOptions, TlsOptions } from 'node:tls'

// What TLS may take, wherever it is done.

/** asyncio's: milliseconds for a handshake. */
export const HANDSHAKE_MS = 60_000
/** asyncio's: milliseconds for the peer to end the session, from `close` on. */
export const SHUTDOWN_MS = 30_000

/** Limits of time, beside the options of node:tls. */
export interface TlsTimes {
  /** Milliseconds for the whole handshake; 60 s by default. */
  readonly handshakeTimeout?: number | undefined
  /** Milliseconds from `close` to the peer's end of the session; 30 s by default. */
  readonly shutdownTimeout?: number | undefined
}

/**
 * Which TLS: the one beneath the selector's streams where it can do what is asked, else Node's own ('auto', the
 * default); always Node's ('node'); or never Node's ('native', an error where there is no other).
 */
export type TlsEngine = 'auto' | 'native' | 'node'

/** How TLS is begun: the options of node:tls for one side, and limits of time. */
export type StartTlsOptions = (TlsOptions | ConnectionOptions) &
  TlsTimes & {
    /** Which side this is; by default that which accepted the connection is the server. */
    readonly serverSide?: boolean
    /** What speaks TLS, as of servers and connections; 'auto' by default. */
    readonly tlsEngine?: TlsEngine
  }

/** Makes the error for what took too long. */
export function timedOut(message: string, code = 'ETIMEDOUT'): Error {
  return Object.assign(new Error(message), { code })
}

/** Makes the error for a peer that ended the connection during the handshake. */
export function endedEarly(): Error {
  return Object.assign(new Error('the peer ended the connection during the TLS handshake'), { code: 'ECONNRESET' })
}
