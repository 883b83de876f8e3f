import type { Connection } from '@loop/core/lowlevel'
import { NotSupportedError } from '@loop/core'
import type { Socket } from 'node:net'
import type { NetConnection } from './network.ts'

/** The options of a socket; `getExtraInfo('socket')` gives them. */
export interface SocketOptions {
  /** Turns Nagle's algorithm off (true, the default here) or on. */
  setNoDelay(on: boolean): unknown
  /** Keep-alive probes, after `delay` idle milliseconds where given. */
  setKeepAlive(on: boolean, delay?: number): unknown
  /**
   * How many bytes the system keeps for sending. Linux answers twice what was set. The three sizes throw RangeError for
   * what can be no size, InvalidStateError when the connection is closed, and NotSupportedError where Node carries it,
   * which has no call for them.
   */
  getSendBufferSize(): number
  /** Sets how many bytes the system keeps for sending. */
  setSendBufferSize(bytes: number): unknown
  /** How many received bytes the system keeps. */
  getRecvBufferSize(): number
  /** Sets how many received bytes the system keeps. */
  setRecvBufferSize(bytes: number): unknown
  /** How many routers a packet may pass. */
  getTTL(): number
  /** Sets how many routers a packet may pass, 1 to 255. */
  setTTL(hops: number): unknown
  /** The descriptor, for diagnostics; -1 when closed, undefined where Node carries the connection. */
  readonly fd?: number
}

/** What selectors may have beyond the contract. */
interface SizedConnection extends Connection {
  sendBufferSize?(bytes?: number): number
  receiveBufferSize?(bytes?: number): number
  timeToLive?(hops?: number): number
}

/** Those of a selector's connection; undefined where it is none. */
export function socketOptionsOf(connection: NetConnection): SocketOptions | undefined {
  if (!('setNoDelay' in connection)) return undefined
  const socket = connection as SizedConnection
  const size = (call: 'sendBufferSize' | 'receiveBufferSize' | 'timeToLive', name: string, value?: number): number => {
    if (socket[call] === undefined) throw new NotSupportedError(`${name}: the loop's selector has no such call`)
    try {
      return socket[call](value)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOTSUP') throw error
      throw new NotSupportedError(`${name}: sockets of this kind have no such option`, { cause: error })
    }
  }
  return {
    setNoDelay: (on) => {
      socket.setNoDelay(on)
    },
    setKeepAlive: (on, delay = 0) => {
      socket.setKeepAlive(on, delay / 1_000)
    },
    getSendBufferSize: () => size('sendBufferSize', 'getSendBufferSize'),
    setSendBufferSize: (bytes) => {
      size('sendBufferSize', 'setSendBufferSize', given(bytes))
    },
    getRecvBufferSize: () => size('receiveBufferSize', 'getRecvBufferSize'),
    setRecvBufferSize: (bytes) => {
      size('receiveBufferSize', 'setRecvBufferSize', given(bytes))
    },
    getTTL: () => size('timeToLive', 'getTTL'),
    setTTL: (hops) => {
      size('timeToLive', 'setTTL', given(hops))
    },
    get fd() {
      return socket.fd
    },
  }
}

const given = (value: unknown): number => (typeof value === 'number' ? value : NaN)

const NODE_LACKS = [
  'getSendBufferSize',
  'setSendBufferSize',
  'getRecvBufferSize',
  'setRecvBufferSize',
  'getTTL',
  'setTTL',
] as const

/** Node's own socket, with a refusal by name for each option that Node has no call for. */
export function socketOfNode(socket: Socket): Socket {
  for (const name of NODE_LACKS) {
    if (name in socket) continue
    const value = (): never => {
      throw new NotSupportedError(`${name}: Node has no call for it; connections over @loop/selector-native have it`)
    }
    Object.defineProperty(socket, name, { value, configurable: true, writable: true })
  }
  return socket
}
