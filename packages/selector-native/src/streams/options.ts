import { isIP } from 'node:net'
import type { ConnectOptions, DatagramOptions, ListenOptions } from '@loop/core/lowlevel'
import { SocketOption } from '../engine/layout.ts'

/** Length of the queue of a listening socket unless given; asyncio's default. */
const BACKLOG = 100
/** The addon's way of saying that the host is a path. */
const IS_PATH = -1

/** A host and port, or a path with the port {@link IS_PATH}. */
export type Place = readonly [host: string, port: number]

/** Throws unless it is a port. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new RangeError(`a port is a whole number from 0 to 65535, got ${String(port)}`)
}

function checkHost(host: string): string {
  if (isIP(host) !== 0) return host
  throw new TypeError(
    `a host must be a numeric IPv4 or IPv6 address here, got ${JSON.stringify(host)}; resolve names first`,
  )
}

function placeOf(options: {
  readonly host?: string
  readonly port?: number
  readonly path?: string
}): Place | undefined {
  const { host, port, path } = options
  if (path === undefined) return host === undefined ? undefined : [checkHost(host), checkPort(port ?? 0)]
  if (host !== undefined || port !== undefined) throw new TypeError('give either path, or host and port, not both')
  if (path === '') throw new TypeError('the path of a unix socket must not be empty')
  if (path.includes('\0', 1) && !path.startsWith('\0')) {
    throw new TypeError(`the path of a unix socket has no zero byte inside, got ${JSON.stringify(path)}`)
  }
  return [path, IS_PATH]
}

/** Where to listen; undefined says every address, with the port of the options. */
export function listenPlace(options: ListenOptions): Place | undefined {
  checkPort(options.port ?? 0)
  return placeOf(options)
}

/** Where to connect to. */
export function connectPlace(options: ConnectOptions): Place {
  const place = placeOf(options)
  if (place === undefined) throw new TypeError('connect needs a host and a port, or a path')
  if (place[1] === 0) throw new RangeError('connect needs a port from 1 to 65535')
  return place
}

/** Where to connect from; '' is anywhere. */
export function localPlace(options: ConnectOptions): Place {
  const { localAddress, localPort } = options
  if (localAddress === undefined && localPort === undefined) return ['', 0]
  const any = options.host?.includes(':') === true ? '::' : '0.0.0.0'
  return [checkHost(localAddress ?? any), checkPort(localPort ?? 0)]
}

/** The only peer of a datagram socket; '' is anyone. */
export function remotePlace({ remote }: DatagramOptions): Place {
  return remote === undefined ? ['', 0] : [checkHost(remote.host), checkPort(remote.port)]
}

/** Where a datagram socket is bound. */
export function datagramPlace(options: DatagramOptions): Place {
  const any = options.remote?.host.includes(':') === true ? '::' : '0.0.0.0'
  return [checkHost(options.host ?? any), checkPort(options.port ?? 0)]
}

/** The queue's length. */
export function backlogOf({ backlog = BACKLOG }: ListenOptions): number {
  if (Number.isInteger(backlog) && backlog >= 0) return backlog
  throw new RangeError(`a backlog is a whole number from 0, got ${backlog}`)
}

/** The bits of a socket's options. */
export function optionBits(options: {
  readonly reusePort?: boolean
  readonly ipv6Only?: boolean
  readonly broadcast?: boolean
}): number {
  return (
    (options.reusePort === true ? SocketOption.reusePort : 0) |
    (options.ipv6Only === true ? SocketOption.ipv6Only : 0) |
    (options.broadcast === true ? SocketOption.broadcast : 0)
  )
}
