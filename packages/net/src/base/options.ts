import type { SocketAddress } from '@loop/core/lowlevel'
import { describe } from '@loop/core/lowlevel'
import { isIP } from 'node:net'
import process from 'node:process'
import { AddressError } from '../contracts/errors.ts'

/**
 * What `struct sockaddr_un` holds with its final zero: 108 bytes on Linux, 104 on macOS and BSD; a pipe of Windows 256
 * characters.
 */
const LONGEST_PATH = process.platform === 'linux' ? 107 : process.platform === 'win32' ? 256 : 103

/** Descriptors are ints: a larger number would be cut to another one's. */
const LARGEST_FD = 2 ** 31 - 1

/** Throws AddressError unless it is a port; undefined passes. */
export function checkPort(port: unknown, what = 'port'): void {
  if (port === undefined) return
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new AddressError(`${what} must be a whole number from 0 to 65535, got ${describe(port)}`)
  }
}

/** What pipes of Windows are called: this machine's by either prefix, or another one's. */
const PIPE_NAME = /^[\\/]{2}(?:[.?]|[^\\/]+)[\\/]pipe[\\/]./i

/** Throws AddressError unless it is the path of a unix socket that fits the system's address, on Windows of a pipe. */
export function checkPath(path: unknown, platform: string = process.platform): void {
  if (typeof path !== 'string' || path === '')
    throw new AddressError(`path must be a non-empty string, got ${describe(path)}`)
  // Node would say that the permission was denied.
  if (platform === 'win32' && !PIPE_NAME.test(path))
    throw new AddressError(`on Windows a path names a pipe, such as \\\\.\\pipe\\name, got ${path}`)
  // A zero byte ends a path for the system; at the beginning it makes an abstract name of Linux.
  if (path.includes('\0', process.platform === 'linux' ? 1 : 0)) {
    throw new AddressError(`a path has no zero byte inside, got ${describe(path)}`)
  }
  if (path === '\0') throw new AddressError('an abstract name has at least one byte after the zero')
  // Checked here, because Node cuts a path that is too long and uses what is left.
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new AddressError(`the path of a unix socket has at most ${LONGEST_PATH} bytes here: ${path}`)
  }
}

/** Throws AddressError unless there is either a descriptor, a path, or a port. */
export function checkPlace(place: {
  readonly host?: unknown
  readonly port?: unknown
  readonly path?: unknown
  readonly fd?: unknown
}): void {
  const { host, port, path, fd } = place
  if (fd !== undefined) {
    if (host !== undefined || port !== undefined || path !== undefined)
      throw new AddressError('give either fd, or a place, not both')
    if (typeof fd !== 'number' || !Number.isInteger(fd) || fd < 0 || fd > LARGEST_FD)
      throw new AddressError(`fd must be a descriptor, a whole number from 0 to ${LARGEST_FD}, got ${describe(fd)}`)
    return
  }
  if (path !== undefined) {
    if (host !== undefined || port !== undefined) throw new AddressError('give either path, or host and port, not both')
    checkPath(path)
    return
  }
  if (port === undefined) throw new AddressError('port is missing (or path, for a unix socket)')
  checkPort(port)
  for (const name of Array.isArray(host) ? (host as unknown[]) : [host]) {
    if (name !== undefined && typeof name !== 'string')
      throw new AddressError(`host must be a name or an address, got ${describe(name)}`)
    if (typeof name === 'string' && name.includes('\0'))
      throw new AddressError(`a host has no zero byte inside, got ${describe(name)}`)
  }
}

/** Throws AddressError for a list of names, which only a server takes. */
export function checkOneHost(host: unknown): void {
  if (Array.isArray(host)) throw new AddressError(`host must be one name or address, got ${describe(host)}`)
}

/** Throws AddressError unless it is a family of addresses, or 0 for both. */
export function checkFamily(family: unknown): void {
  if (family !== undefined && family !== 0 && family !== 4 && family !== 6)
    throw new AddressError(`family is 0, 4 or 6, got ${describe(family)}`)
}

/** Throws RangeError unless it is a length of a listening socket's queue. */
export function checkBacklog(backlog: unknown): void {
  if (backlog !== undefined && !(Number.isInteger(backlog) && (backlog as number) >= 0))
    throw new RangeError(`a backlog is a whole number from 0, got ${describe(backlog)}`)
}

/** Throws TypeError unless it is a function. */
export function checkFactory(factory: unknown): void {
  if (typeof factory !== 'function')
    throw new TypeError(`a protocol factory is a function that makes a protocol, not ${typeof factory}`)
}

/** Throws AddressError unless it is a numeric address. */
export function checkNumeric(host: unknown, what: string): void {
  if (typeof host !== 'string' || isIP(host) === 0)
    throw new AddressError(`${what} must be a numeric IP address, got ${describe(host)}`)
}

/** Formats an address as programs and logs write it. */
export function placeName(place: { readonly host?: string; readonly port?: number; readonly path?: string }): string {
  if (place.path !== undefined) return place.path
  const host = place.host ?? '*'
  return `${host.includes(':') ? `[${host}]` : host}:${place.port ?? 0}`
}

/** Formats a socket's address, as {@link placeName}. */
export function nameOfAddress(address: SocketAddress): string {
  return address.family === 'unix'
    ? address.path || '(unnamed)'
    : placeName({ host: address.address, port: address.port })
}
