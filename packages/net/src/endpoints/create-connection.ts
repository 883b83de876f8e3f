import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import type { ConnectionHandler } from '@loop/core/lowlevel'
import { coroutine, getRunningLoop } from '@loop/core'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { chooseNetwork, ioOfDescriptor } from './choose-network.ts'
import { firstToSucceed } from '../names/happy-eyeballs.ts'
import type { AttemptEvents } from '../names/happy-eyeballs.ts'
import type { ConnectPlace, IoChoice, NetConnection, Network, TlsEngine } from '../contracts/network.ts'
import { IGNORE, openTransport } from '../transports/open-transport.ts'
import { AddressError } from '../contracts/errors.ts'
import {
  checkFactory,
  checkFamily,
  checkNumeric,
  checkOneHost,
  checkPlace,
  checkPort,
  placeName,
} from '../base/options.ts'
import type { ProtocolFactory, StreamProtocol } from '../contracts/protocols.ts'
import type { Family } from '../names/resolve.ts'
import { interleave, resolveHost } from '../names/resolve.ts'
import type { StreamTransport } from '../transports/stream-transport.ts'
import type { Transport } from '../contracts/protocols.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'

/** The delay that RFC 8305, section 8, recommends. */
const NEXT_ATTEMPT = 250

/** Where and how to connect. */
export interface ConnectOptions {
  /** Name or address; 127.0.0.1 and ::1 ("localhost") by default. */
  readonly host?: string
  readonly port?: number
  /** Path of a unix socket (a pipe of Windows), instead of host and port. */
  readonly path?: string
  /** A connected socket that was opened elsewhere, instead of a place. It is the connection's from then on. */
  readonly fd?: number
  /** Only addresses of this family; 0, the default, for both. */
  readonly family?: Family
  /** Numeric address and port to connect from. */
  readonly localAddress?: string
  readonly localPort?: number
  /**
   * Speaks TLS: true, or the options of node:tls and limits of time. The name to check is `host` unless they say
   * `servername`.
   */
  readonly tls?: boolean | (ConnectionOptions & TlsTimes)
  /** Milliseconds before the next address is tried beside one that does not answer; 250 by default. */
  readonly happyEyeballsDelay?: number
  /** What carries the connection; 'auto' by default. */
  readonly io?: IoChoice
  /** What speaks TLS; 'auto' by default. */
  readonly tlsEngine?: TlsEngine
  /** The loop; the running one by default. */
  readonly loop?: EventLoop
}

/**
 * Connects, and gives the transport and the protocol, whose `connectionMade` has been called.
 *
 * ```ts
 * const [transport, protocol] = await createConnection(() => new Client(), { host: 'localhost', port: 8888 })
 * ```
 *
 * Throws AddressError for places that cannot be, ProtocolFactoryError, and else the error of the system, of TLS or of
 * the resolver; a ConnectionFailedError with all of them when several addresses were tried.
 */
export function createConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  options: ConnectOptions,
): Awaitable<[Transport, P]> {
  checkFactory(factory)
  checkPlace(options)
  checkOneHost(options.host)
  checkFamily(options.family)
  if (options.host === '') throw new AddressError('host is empty: give a name or an address to connect to')
  if (options.port === 0) throw new AddressError('nothing can be connected to at port 0')
  checkPort(options.localPort, 'localPort')
  if (options.localAddress !== undefined) checkNumeric(options.localAddress, 'localAddress')
  const loop = options.loop ?? getRunningLoop()
  const { tls = false } = options
  const security =
    tls === false ? null : { side: 'client' as const, options: tls === true ? {} : tls, engine: options.tlsEngine }
  return coroutine(
    connecting(
      loop,
      factory,
      options,
      chooseNetwork(
        loop,
        options.fd === undefined ? options.io : ioOfDescriptor(loop, options.io),
        security,
        options.path,
      ),
    ),
  )
}

function* connecting<P extends StreamProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  options: ConnectOptions,
  network: Network,
): Coroutine<[Transport, P]> {
  const places = yield* placesOf(loop, options)
  const made = firstToSucceed(
    loop,
    places,
    (place: ConnectPlace, events: AttemptEvents<StreamTransport>) => {
      const attempt = new Attempt(
        loop,
        factory,
        events,
        options.path === undefined ? (options.host ?? 'localhost') : undefined,
      )
      return attempt.begin(network, place)
    },
    { delay: options.happyEyeballsDelay ?? NEXT_ATTEMPT, place: placeName(options) },
  )
  try {
    const transport = yield* made
    return [transport, transport.getProtocol() as P]
  } catch (error) {
    // Cancelled after it was made and before this went on: nobody else has it.
    if (made.done() && !made.cancelled() && made.exception() === null) made.result().abort()
    throw error
  }
}

/** The numeric places to try, in order. */
function* placesOf(loop: EventLoop, options: ConnectOptions): Coroutine<ConnectPlace[]> {
  const { host = 'localhost', port, path, localAddress, localPort } = options
  const common = {
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...tlsOf(options),
  }
  if (options.fd !== undefined) return [{ ...common, fd: options.fd }]
  if (path !== undefined) return [{ ...common, path }]
  const addresses = interleave(yield* resolveHost(loop, host, options.family ?? 0))
  return addresses.map((address) => ({ ...common, host: address.host, port: port! }))
}

/** TLS checks the name that the user gave, not the address that it was resolved to. */
function tlsOf({ host = 'localhost', path, tls }: ConnectOptions): { tls?: ConnectionOptions & TlsTimes } {
  if (tls === undefined || tls === false) return {}
  const named = path === undefined && isIP(host) === 0
  return { tls: { ...(named ? { servername: host } : {}), ...(tls === true ? {} : tls) } }
}

/** One connection under way: it succeeds when its protocol's `connectionMade` has been called. */
class Attempt implements ConnectionHandler {
  private connection!: NetConnection
  private transport: StreamTransport | null = null
  private place!: ConnectPlace

  constructor(
    private readonly loop: EventLoop,
    private readonly factory: ProtocolFactory<StreamProtocol>,
    private readonly events: AttemptEvents<StreamTransport>,
    private readonly host: string | undefined,
  ) {}

  /** Starts it; the function returned gives it up. */
  begin(network: Network, place: ConnectPlace): () => void {
    this.place = place
    this.connection = network.connect(place, this)
    return () => {
      this.giveUp()
    }
  }

  connected(): void {
    if (!this.events.claim()) {
      this.giveUp()
      return
    }
    try {
      // At once, so that no byte that follows finds no protocol.
      this.transport = openTransport(
        this.loop,
        this.connection,
        this.factory,
        {
          made: (transport) => {
            this.events.succeeded(transport)
          },
        },
        { host: this.host },
      )
    } catch (error) {
      this.giveUp()
      this.events.failed(error as Error)
    }
  }

  closed(error: Error | undefined): void {
    this.events.failed(located(error ?? new Error('the connection was closed before it was made'), this.place))
  }

  /** Aborts: `connectionMade` of a protocol that exists is on the way, so `connectionLost` follows. */
  private giveUp(): void {
    if (this.transport !== null) {
      this.transport.abort()
      return
    }
    this.connection.handler = IGNORE
    this.connection.abort()
  }

  data(): void {}

  eof(): void {}
}

/** An error of a connection that was not made says where to, whoever made the error. */
function located(error: Error & { address?: string; port?: number }, place: ConnectPlace): Error {
  const address = place.path ?? place.host
  if (error.address !== undefined || address === undefined || !Object.isExtensible(error)) return error
  error.message = `${error.message} (${placeName(place)})`
  return Object.assign(error, { address }, place.port === undefined ? {} : { port: place.port })
}
