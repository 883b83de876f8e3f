import type { SocketAddress } from '@loop/core/lowlevel'
import type { AddressInfo, Socket } from 'node:net'

/** Where a socket of Node is bound; undefined when it is closed. Node does not say which path a unix socket has. */
export function localAddressOf(socket: Socket): SocketAddress | undefined {
  const { localAddress, localPort } = socket
  if (localAddress === undefined) return socket.destroyed ? undefined : UNNAMED
  return ipAddress(localAddress, localPort ?? 0)
}

/** Where the peer of a socket of Node is; undefined when either of them has closed it. */
export function remoteAddressOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress, remotePort } = socket
  // Where the peer is gone, a TCP socket still has an address of its own; a unix socket never has one.
  if (remoteAddress === undefined) return socket.destroyed || socket.localAddress !== undefined ? undefined : UNNAMED
  return ipAddress(remoteAddress, remotePort ?? 0)
}

/** What `address()` of a server or a datagram socket gives, as an address. */
export function boundAddress(address: AddressInfo | string | null): SocketAddress {
  if (address === null) return UNNAMED
  return typeof address === 'string' ? { family: 'unix', path: address } : ipAddress(address.address, address.port)
}

/** Throws TypeError unless it is bytes. */
export function checkBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`bytes must be a Uint8Array or Buffer, got ${typeof bytes}; encode text with Buffer.from(text)`)
  }
}

const UNNAMED: SocketAddress = { family: 'unix', path: '' }

export function ipAddress(address: string, port: number): SocketAddress {
  return { family: address.includes(':') ? 'IPv6' : 'IPv4', address, port }
}
