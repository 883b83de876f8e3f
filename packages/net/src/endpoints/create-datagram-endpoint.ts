import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { chooseNetwork } from './choose-network.ts'
import { opened } from './opened.ts'
import { DatagramSocketTransport } from '../transports/datagram-transport.ts'
import { AddressError, AddressInUseError } from '../contracts/errors.ts'
import type { IoChoice, Network } from '../contracts/network.ts'
import { makeProtocol } from '../transports/open-transport.ts'
import { checkFactory, checkFamily, checkPort, placeName } from '../base/options.ts'
import type { DatagramProtocol, ProtocolFactory } from '../contracts/protocols.ts'
import type { Family } from '../names/resolve.ts'
import { resolveHost } from '../names/resolve.ts'
import type { DatagramTransport } from '../contracts/protocols.ts'

/** Name or numeric address, and port. */
export interface EndpointAddress {
  readonly host: string
  readonly port: number
}

/** Where a datagram socket is, and who it talks to. */
export interface DatagramEndpointOptions {
  /** Where to bind; any address and a port of the system's choice by default. */
  readonly localAddress?: EndpointAddress
  /** The only peer: `sendTo` needs no address, and only its datagrams arrive. */
  readonly remoteAddress?: EndpointAddress
  /** Only addresses of this family; 0, the default, for both. */
  readonly family?: Family
  /** Several sockets may bind the port and share its datagrams. */
  readonly reusePort?: boolean
  /** Datagrams may be sent to broadcast addresses. */
  readonly allowBroadcast?: boolean
  /** What carries the datagrams; 'auto' by default. */
  readonly io?: IoChoice
  /** The loop; the running one by default. */
  readonly loop?: EventLoop
}

/**
 * Opens a datagram socket, and gives its transport and its protocol, whose `connectionMade` has been called.
 * Throws AddressError, AddressInUseError, ProtocolFactoryError, and the system's or the resolver's error.
 */
export function createDatagramEndpoint<P extends DatagramProtocol>(
  factory: ProtocolFactory<P>,
  options: DatagramEndpointOptions = {},
): Awaitable<[DatagramTransport, P]> {
  checkFactory(factory)
  for (const address of [options.localAddress, options.remoteAddress]) checkEndpoint(address)
  checkFamily(options.family)
  if (options.remoteAddress?.port === 0)
    throw new AddressError('remoteAddress needs a port from 1: nothing can be sent to port 0')
  const loop = options.loop ?? getRunningLoop()
  return coroutine(opening(loop, factory, options, chooseNetwork(loop, options.io)))
}

function* opening<P extends DatagramProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  options: DatagramEndpointOptions,
  network: Network,
): Coroutine<[DatagramTransport, P]> {
  const remote = yield* numericOf(loop, options.remoteAddress, options.family ?? 0)
  // Both ends are of one family.
  const family = remote === undefined ? (options.family ?? 0) : remote.host.includes(':') ? 6 : 4
  const local = yield* numericOf(loop, options.localAddress, family)
  const any = family === 6 ? { host: '::' } : {}
  const protocol = makeProtocol(factory, () => true, 'the methods of a DatagramProtocol')
  const transport = new DatagramSocketTransport(loop, protocol)
  const { reusePort, allowBroadcast: broadcast } = options
  try {
    const socket = yield* opened(
      network.datagram(
        {
          ...(local ?? any),
          ...(remote === undefined ? {} : { remote }),
          ...(reusePort === undefined ? {} : { reusePort }),
          ...(broadcast === undefined ? {} : { broadcast }),
        },
        transport,
      ),
      (unwanted) => {
        unwanted.handler = { datagram() {}, failed() {}, closed() {} }
        unwanted.close()
      },
    )
    transport.attach(socket)
  } catch (error) {
    throw inUse(error, local)
  }
  const made = loop.createFuture<void>()
  loop.callSoon(() => {
    transport.begin()
    if (!made.done()) made.setResult()
  })
  try {
    yield* made
  } catch (error) {
    transport.abort()
    throw error
  }
  return [transport, protocol]
}

function* numericOf(
  loop: EventLoop,
  address: EndpointAddress | undefined,
  family: Family,
): Coroutine<EndpointAddress | undefined> {
  if (address === undefined) return undefined
  const [first] = yield* resolveHost(loop, address.host, family)
  if (first === undefined) throw new AddressError(`${address.host} has no address`)
  return { host: first.host, port: address.port }
}

function checkEndpoint(address: EndpointAddress | undefined): void {
  if (address === undefined) return
  if (typeof address !== 'object' || address === null)
    throw new AddressError(`an address is an object of host and port, got ${describe(address)}`)
  if (typeof address.host !== 'string' || address.host === '')
    throw new AddressError(`host must be a name or an address, got ${describe(address.host)}`)
  if (address.port === undefined) throw new AddressError('port is missing')
  checkPort(address.port)
}

function inUse(error: unknown, local: EndpointAddress | undefined): unknown {
  if ((error as { code?: string }).code !== 'EADDRINUSE') return error
  return new AddressInUseError(`cannot bind ${placeName(local ?? {})}: another socket has it`, { cause: error })
}
