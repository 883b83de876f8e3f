import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import type { ConnectionHandler, SocketAddress } from '@loop/core/lowlevel'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import cluster from 'node:cluster'
import type { TlsOptions } from 'node:tls'
import { AddressInUseError, ConnectionLimitError } from '../contracts/errors.ts'
import type {
  IoChoice,
  ListenPlace,
  NetConnection,
  NetListenerHandler,
  Network,
  PendingHandshake,
  TlsEngine,
} from '../contracts/network.ts'
import { chooseNetwork, ioOfDescriptor } from './choose-network.ts'
import { opened } from './opened.ts'
import { LossReports } from '../base/loss-reports.ts'
import { IGNORE, openTransport } from '../transports/open-transport.ts'
import { checkBacklog, checkFactory, checkPlace, placeName } from '../base/options.ts'
import type { ProtocolFactory, StreamProtocol } from '../contracts/protocols.ts'
import { resolveHost } from '../names/resolve.ts'
import { Server } from './server.ts'
import type { Origin } from '../transports/stream-transport.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'

/** Where and how a server listens. */
export interface ServerOptions {
  /** Name or address, or several; each of their addresses is listened on. All interfaces by default. */
  readonly host?: string | readonly string[]
  /** 0 to 65535; with 0 the system chooses, for each address separately: see `server.sockets`. */
  readonly port?: number
  /** Path of a unix socket (a pipe of Windows), instead of host and port. It must not exist; it is removed at close. */
  readonly path?: string
  /**
   * A listening socket that was opened elsewhere, instead of a place: see `listenFds`. It is the server's from then on.
   */
  readonly fd?: number
  /** Connections that wait to be accepted; 100 by default. */
  readonly backlog?: number
  /**
   * Connections at a time, TLS handshakes included; more are closed as they come, and that is reported. 65,536 by
   * default, Infinity for no limit.
   */
  readonly maxConnections?: number
  /**
   * TLS handshakes under way at a time, each of which holds some 50 KB; more are closed as they come, and that is
   * reported. 2,048 by default, Infinity for no limit.
   */
  readonly maxHandshakes?: number
  /** Several processes may listen on the port and share its connections. Workers of node:cluster do so without it. */
  readonly reusePort?: boolean
  /** The `::` address takes IPv6 only; by default where it is listened on beside others. */
  readonly ipv6Only?: boolean
  /** Makes it a TLS server: key, cert and the other options of node:tls, and limits of time. */
  readonly tls?: TlsOptions & TlsTimes
  /** What carries the connections; 'auto' by default. */
  readonly io?: IoChoice
  /** What speaks TLS; 'auto' by default. */
  readonly tlsEngine?: TlsEngine
  /** The loop; the running one by default. */
  readonly loop?: EventLoop
}

/**
 * Listens, and makes a protocol for each connection. It serves when this is done.
 *
 * ```ts
 * const server = await createServer(() => new Echo(), { host: '127.0.0.1', port: 8888 })
 * await server.serveForever()
 * ```
 *
 * Throws AddressError for places that cannot be, RangeError for limits that are none, AddressInUseError for a place that is taken, NotSupportedError for what
 * the chosen `io` cannot do, and the system's or the resolver's error for the rest.
 */
export function createServer(factory: ProtocolFactory<StreamProtocol>, options: ServerOptions): Awaitable<Server> {
  checkFactory(factory)
  checkPlace(options)
  checkBacklog(options.backlog)
  const limits = limitsOf(options)
  const loop = options.loop ?? getRunningLoop()
  const { tls, tlsEngine: engine } = options
  const security = tls === undefined ? null : { side: 'server' as const, options: tls, engine }
  const network = chooseNetwork(loop, ioOf(loop, options), security, options.path)
  return coroutine(listening(loop, factory, options, network, limits))
}

function* listening(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  options: ServerOptions,
  network: Network,
  limits: Limits,
): Coroutine<Server> {
  const server = new Server(loop)
  const unavailable: Error[] = []
  try {
    const hosts = yield* hostsOf(loop, options)
    for (const host of hosts) {
      try {
        const acceptor = new Acceptor(loop, factory, server, limits)
        const listening = network.listen(placeOf(options, host, hosts.length > 1), acceptor)
        const listener = yield* opened(listening, (unwanted) => {
          unwanted.close()
        })
        acceptor.locate(specific(listener.address))
        server.listen(listener)
      } catch (error) {
        // A name may have addresses of a family that this machine does not have, as "localhost" often does.
        if ((error as { code?: string }).code !== 'EADDRNOTAVAIL') throw inUse(error, options, host)
        unavailable.push(error as Error)
      }
    }
    if (server.sockets.length === 0) throw unavailable[0]!
  } catch (error) {
    server.close()
    throw error
  }
  return server
}

/** The numeric addresses to listen on; undefined for all interfaces, or a path. */
function* hostsOf(loop: EventLoop, { host }: ServerOptions): Coroutine<(string | undefined)[]> {
  const names = typeof host === 'string' ? [host] : (host ?? [])
  if (names.length === 0 || names.includes('')) return [undefined]
  const found = new Set<string>()
  for (const name of names) for (const address of yield* resolveHost(loop, name)) found.add(address.host)
  return [...found]
}

/** Workers of node:cluster share the sockets of their parent, which Node carries. */
function ioOf(loop: EventLoop, { io, path, fd, reusePort }: ServerOptions): IoChoice | undefined {
  if (fd !== undefined) return ioOfDescriptor(loop, io)
  return cluster.isWorker && path === undefined && reusePort !== true && (io ?? 'auto') === 'auto' ? 'node' : io
}

/** Beside others, an IPv6 address leaves the IPv4 addresses to them. */
function placeOf(options: ServerOptions, host: string | undefined, several: boolean): ListenPlace {
  const { port, path, fd, backlog, reusePort, tls } = options
  const ipv6Only = options.ipv6Only ?? (several && host?.includes(':') === true ? true : undefined)
  const place = { host, port, path, fd, backlog, reusePort, ipv6Only, tls }
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) as ListenPlace
}

/** The address that its connections have, too; undefined where it stands for several. */
function specific(address: SocketAddress): SocketAddress | undefined {
  return address.family !== 'unix' && (address.address === '0.0.0.0' || address.address === '::') ? undefined : address
}

function inUse(error: unknown, options: ServerOptions, host: string | undefined): unknown {
  const { code } = error as { code?: string }
  const { path, port = 0 } = options
  if (code === 'EADDRINUSE') {
    const hint =
      path === undefined ? 'another socket listens there' : 'the path exists; remove it if no server uses it any more'
    return new AddressInUseError(
      `cannot listen on ${placeName({ ...(host === undefined ? {} : { host }), port, ...(path === undefined ? {} : { path }) })}: ${hint}`,
      { cause: error },
    )
  }
  return error
}

/** Connections of a server; the same as of many systems' descriptors, so that those are what runs out first. */
const MOST_CONNECTIONS = 65_536
/** Handshakes of a server: a crowd that comes back after a restart, and about 100 MB. */
const MOST_HANDSHAKES = 2048

interface Limits {
  readonly connections: number
  readonly handshakes: number
}

function limitsOf({ maxConnections = MOST_CONNECTIONS, maxHandshakes = MOST_HANDSHAKES }: ServerOptions): Limits {
  for (const [name, limit] of Object.entries({ maxConnections, maxHandshakes })) {
    if (limit !== Infinity && !(Number.isInteger(limit) && limit > 0))
      throw new RangeError(`${name} is a whole number from 1, or Infinity, not ${describe(limit)}`)
  }
  return { connections: maxConnections, handshakes: maxHandshakes }
}

/** Gives each connection its protocol. What goes wrong is reported and ends that connection only. */
class Acceptor implements NetListenerHandler {
  /** Of its connections; where they are on this side, if it is one place. */
  private origin: Origin = { accepted: true }
  private readonly handshakes: LossReports
  private readonly turnedAway: LossReports

  constructor(
    private readonly loop: EventLoop,
    private readonly factory: ProtocolFactory<StreamProtocol>,
    private readonly server: Server,
    private readonly limits: Limits,
  ) {
    this.handshakes = new LossReports(loop, {
      one: 'A TLS handshake failed; that connection was closed',
      more: (count) =>
        `${count} more TLS handshakes failed; those connections were closed, and the first exception is given`,
    })
    this.turnedAway = new LossReports(loop, {
      one: 'A connection was closed as it came: the server has as many as it may',
      more: (count) => `${count} more connections were closed as they came: the server has as many as it may`,
    })
    server.whenFinished(() => {
      this.handshakes.flush()
      this.turnedAway.flush()
    })
  }

  /** One object for all its connections. */
  locate(local: SocketAddress | undefined): void {
    this.origin = { accepted: true, local }
  }

  accepted(connection: NetConnection): ConnectionHandler {
    const { connections } = this.limits
    if (this.server.connections >= connections) {
      this.turnAway('maxConnections', connections)
      connection.abort()
      return IGNORE
    }
    try {
      const transport = openTransport(this.loop, connection, this.factory, this.server, this.origin)
      this.server.attach(transport)
      return connection.handler
    } catch (exception) {
      const from = connection.remoteAddress
      this.loop.callExceptionHandler({
        message: 'A connection was closed, as it got no protocol',
        exception,
        peername: from,
      })
      connection.abort()
      return IGNORE
    }
  }

  failed(exception: Error): void {
    const full = ['EMFILE', 'ENFILE'].includes((exception as { code?: string }).code ?? '')
    this.loop.callExceptionHandler({
      message: full
        ? 'No connection can be accepted: there are no file descriptors left. The server goes on when some are closed'
        : 'A connection could not be accepted; the server goes on',
      exception,
      server: this.server,
    })
  }

  handshakeFailed(exception: Error): void {
    this.handshakes.add(exception, { server: this.server })
  }

  handshakeBegan(handshake: PendingHandshake): void {
    const { connections, handshakes } = this.limits
    const shaking = this.server.handshakeBegan(handshake)
    const full = shaking > handshakes
    if (!full && this.server.connections + shaking <= connections) return
    this.turnAway(full ? 'maxHandshakes' : 'maxConnections', full ? handshakes : connections)
    // Not now: what began it is not ready to hear that it is over.
    this.loop.callSoon(() => {
      handshake.abort()
    })
  }

  private turnAway(name: keyof ServerOptions, limit: number): void {
    const exception = new ConnectionLimitError(`${name} is ${limit}; raise it in the options of createServer`)
    this.turnedAway.add(exception, { server: this.server })
  }

  handshakeOver(handshake: PendingHandshake): void {
    this.server.handshakeOver(handshake)
  }
}
