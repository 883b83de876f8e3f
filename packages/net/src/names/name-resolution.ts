import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import type { SocketAddress } from '@loop/core/lowlevel'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { lookupService } from 'node:dns/promises'
import { AddressError } from '../contracts/errors.ts'
import { checkFamily, checkNumeric, checkPort } from '../base/options.ts'
import type { Family } from './resolve.ts'
import { resolveHost } from './resolve.ts'

/**
 * The addresses of a host, in the resolver's order, as the system's getaddrinfo has them (`/etc/hosts` included);
 * numeric ones are answered at once.
 *
 * ```ts
 * const [first] = await getaddrinfo('localhost', 8888)
 * ```
 *
 * Throws AddressError for what can be no host or port, and the resolver's error, such as ENOTFOUND.
 */
export function getaddrinfo(
  host: string,
  port = 0,
  options: { readonly family?: Family } = {},
): Awaitable<SocketAddress[]> {
  if (typeof host !== 'string' || host === '')
    throw new AddressError(`host must be a name or an address, got ${describe(host)}`)
  checkPort(port)
  checkFamily(options.family)
  return coroutine(resolving(getRunningLoop(), host, port, options.family ?? 0))
}

function* resolving(loop: EventLoop, host: string, port: number, family: Family): Coroutine<SocketAddress[]> {
  const found = yield* resolveHost(loop, host, family)
  return found.map((entry) => ({ family: entry.family === 6 ? 'IPv6' : 'IPv4', address: entry.host, port }))
}

/**
 * The names of a numeric address and a port, as the system's getnameinfo has them.
 *
 * ```ts
 * const { host, service } = await getnameinfo('127.0.0.1', 22)
 * ```
 *
 * Throws AddressError for what is no numeric address or port, and the resolver's error.
 */
export function getnameinfo(
  address: string,
  port: number,
): Awaitable<{ readonly host: string; readonly service: string }> {
  checkNumeric(address, 'address')
  if (port === undefined) throw new AddressError('port is missing')
  checkPort(port)
  return coroutine(naming(getRunningLoop(), address, port))
}

function* naming(loop: EventLoop, address: string, port: number): Coroutine<{ host: string; service: string }> {
  const { resolver } = loop.selector
  const { hostname, service } =
    resolver === undefined ? yield* loop.wrap(lookupService(address, port)) : resolver.lookupService(address, port)
  return { host: hostname, service }
}
