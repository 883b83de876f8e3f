import type { Connection } from '@loop/core'
import type { NetConnection } from './network.ts'

/** The options of a socket that every family has; `getExtraInfo('socket')` gives them. */
export interface SocketOptions {
  /** Turns Nagle's algorithm off (true, the default here) or on. */
  setNoDelay(on: boolean): unknown
  /** Keep-alive probes, after `delay` idle milliseconds where given. */
  setKeepAlive(on: boolean, delay?: number): unknown
  /** The descriptor, for people and tools; -1 when closed, undefined where Node carries the connection. */
  readonly fd?: number
}

/** Those of a selector's connection; undefined where it is none. */
export function socketOptionsOf(connection: NetConnection): SocketOptions | undefined {
  if (!('setNoDelay' in connection)) return undefined
  const socket = connection as Connection
  return {
    setNoDelay: (on) => { socket.setNoDelay(on) },
    setKeepAlive: (on, delay = 0) => { socket.setKeepAlive(on, delay / 1_000) },
    get fd() { return socket.fd },
  }
}
