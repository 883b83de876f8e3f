/** The sockets of one host, as long as its program runs: the contract `StreamIo` of @loop/core over the network. */
import type {
  ConnectionHandler,
  ConnectOptions,
  DatagramHandler,
  DatagramOptions,
  ListenerHandler,
  ListenOptions,
  SocketAddress,
  StreamInfo,
  StreamIo,
} from '@loop/core/lowlevel'
import { SimulatedConnection } from './connection.ts'
import { SimulatedDatagramSocket } from './datagram-socket.ts'
import { SimulatedListener } from './listener.ts'
import type { Leaving, Machine, Sockets } from './machine.ts'
import type { Network } from './network.ts'
import { isLoopback } from './network.ts'
import { systemError } from './system-error.ts'

/** Ports that the system chooses from, as Linux's. */
const FIRST_PORT = 32_768
const LAST_PORT = 60_999
/** Milliseconds before a connect that nobody answers is tried again; twice as long each time (RFC 6298). */
const CONNECT_RETRY_MS = 1000
/** Length of a queue of connections, as asyncio's. */
const BACKLOG = 100

const NOBODY: ConnectionHandler = { data() {}, eof() {}, closed() {} }

/** See `StreamIo` in @loop/core/lowlevel. */
export class SimulatedStreams implements StreamIo, Sockets {
  readonly isolated = true
  readonly connections = new Set<SimulatedConnection>()
  readonly listeners = new Map<number | string, SimulatedListener[]>()
  readonly datagrams = new Map<number, SimulatedDatagramSocket[]>()
  private nextPort: number
  private gone = false

  /**
   * @param machine Whose they are
   * @param tell Runs something as a handle of the host's next turn
   */
  constructor(
    readonly network: Network,
    readonly machine: Machine,
    private readonly tell: (run: () => void) => void,
  ) {
    this.nextPort = FIRST_PORT + network.world.random.fork(`ports ${machine.name}`).below(LAST_PORT - FIRST_PORT)
  }

  /** Has `run` called in the next turn, unless the program is gone. */
  post(run: () => void): void {
    if (!this.gone) this.tell(run)
  }

  listen(options: ListenOptions, handler: ListenerHandler): SimulatedListener {
    const { host = '0.0.0.0', port = 0, path, backlog = BACKLOG, reusePort = false } = options
    if (path === undefined) this.checkLocal(host, 'listen')
    const place = path ?? this.choosePort(port, this.listeners)
    const there = this.listeners.get(place) ?? []
    if (there.length > 0 && (path !== undefined || !reusePort || there.some((each) => !each.reusePort))) {
      throw systemError('EADDRINUSE', 'listen', path === undefined ? { address: host, port } : { path })
    }
    const address: SocketAddress =
      path === undefined ? { family: 'IPv4', address: anyAs(host), port: place as number } : { family: 'unix', path }
    const listener = new SimulatedListener(this, handler, address, backlog, reusePort, () => {
      const left = (this.listeners.get(place) ?? []).filter((each) => each !== listener)
      if (left.length === 0) this.listeners.delete(place)
      else this.listeners.set(place, left)
    })
    this.listeners.set(place, [...there, listener])
    return listener
  }

  connect(options: ConnectOptions, handler: ConnectionHandler): SimulatedConnection {
    const { path, host = '127.0.0.1', port = 0, localAddress, localPort = 0 } = options
    if (localAddress !== undefined) this.checkLocal(localAddress, 'bind')
    const { network, machine } = this
    const target = path === undefined ? network.at(host, machine) : machine
    const local: SocketAddress =
      path === undefined
        ? {
            family: 'IPv4',
            address: localAddress ?? this.ownAddress(host),
            port: localPort || this.choosePort(0, null),
          }
        : { family: 'unix', path: '' }
    const remote: SocketAddress =
      path === undefined ? { family: 'IPv4', address: host, port } : { family: 'unix', path }
    const connection = new SimulatedConnection(network, this, machine, target ?? null, handler, local, remote)
    new Connecting(connection, this, target, path ?? port).begin()
    return connection
  }

  datagram(options: DatagramOptions, handler: DatagramHandler): SimulatedDatagramSocket {
    const { host = '0.0.0.0', port = 0, remote, reusePort = false, broadcast = false } = options
    this.checkLocal(host, 'bind')
    const place = this.choosePort(port, this.datagrams)
    const there = this.datagrams.get(place) ?? []
    if (there.length > 0 && (!reusePort || there.some((each) => !each.reusePort)))
      throw systemError('EADDRINUSE', 'bind', { address: host, port })
    const socket = new SimulatedDatagramSocket(
      this,
      handler,
      { family: 'IPv4', address: anyAs(host), port: place },
      remote === undefined ? undefined : { family: 'IPv4', address: remote.host, port: remote.port },
      { reusePort, broadcast },
    )
    this.datagrams.set(place, [...there, socket])
    return socket
  }

  /** A datagram socket is closed. */
  forget(socket: SimulatedDatagramSocket): void {
    const { port } = socket.localAddress
    const left = (this.datagrams.get(port) ?? []).filter((each) => each !== socket)
    if (left.length === 0) this.datagrams.delete(port)
    else this.datagrams.set(port, left)
  }

  /** Everything goes out at once here. */
  flush(): void {}

  open(): StreamInfo[] {
    return [
      ...[...this.listeners.values()].flat().map((listener) => ({
        kind: 'listener' as const,
        fd: listener.fd,
        local: listener.address,
        remote: undefined,
        pending: 0,
      })),
      ...[...this.connections].map((connection) => ({
        kind: 'connection' as const,
        fd: connection.fd,
        local: connection.localAddress,
        remote: connection.remoteAddress,
        pending: connection.pending,
      })),
      ...[...this.datagrams.values()].flat().map((socket) => ({
        kind: 'datagram' as const,
        fd: socket.fd,
        local: socket.localAddress,
        remote: socket.remoteAddress,
        pending: socket.pending,
      })),
    ]
  }

  /** The program is gone, and its sockets with it. */
  leave(how: Leaving): void {
    this.gone = true
    for (const connection of [...this.connections]) connection.leave(how)
    this.listeners.clear()
    this.datagrams.clear()
  }

  /** The address that the other side sees. */
  ownAddress(remote: string): string {
    return isLoopback(remote) ? remote : this.machine.address
  }

  private checkLocal(host: string, syscall: string): void {
    if (host === '0.0.0.0' || host === '::' || isLoopback(host) || host === this.machine.address) return
    throw systemError('EADDRNOTAVAIL', syscall, { address: host, port: 0 })
  }

  private choosePort(port: number, taken: ReadonlyMap<number | string, unknown> | null): number {
    if (port !== 0) return port
    do this.nextPort = this.nextPort >= LAST_PORT ? FIRST_PORT : this.nextPort + 1
    while (taken?.has(this.nextPort) === true)
    return this.nextPort
  }
}

function anyAs(host: string): string {
  return host === '::' ? '0.0.0.0' : host
}

/** A connect under way: asked again and again, until somebody answers or patience is over. */
class Connecting {
  constructor(
    private readonly connection: SimulatedConnection,
    private readonly streams: SimulatedStreams,
    private readonly target: Machine | undefined,
    private readonly place: number | string,
  ) {}

  begin(): void {
    const { target, streams } = this
    if (target !== undefined) {
      const link = streams.network.link(streams.machine, target)
      if (link.strikes('refuse', link.conditions.refuse)) {
        this.refuse()
        return
      }
    }
    // Also where the answer is lost because the other machine is.
    this.connection.connectLimit = this.streams.network.world.after(this.limit(), () => {
      this.fail('ETIMEDOUT')
    })
    this.ask(CONNECT_RETRY_MS)
  }

  private ask(retryMs: number): void {
    const { world } = this.streams.network
    if (this.connection.state !== 'connecting') return
    const again = (): void => {
      world.after(retryMs, () => {
        this.ask(retryMs * 2)
      })
    }
    const { target, streams } = this
    if (target === undefined || this.isLost(target)) {
      again()
      return
    }
    const link = streams.network.link(streams.machine, target)
    world.after(link.delay(world.now(), 0), () => {
      this.arrive(target, again)
    })
  }

  private arrive(target: Machine, again: () => void): void {
    if (this.connection.state !== 'connecting') return
    const { network, machine } = this.streams
    const link = network.link(machine, target)
    if (link.held !== null) {
      link.held.push(() => {
        this.arrive(target, again)
      })
      return
    }
    if (target.isSilent || this.isCut(target)) {
      again()
      return
    }
    const listeners = target.streams?.listeners.get(this.place)
    if (listeners === undefined) {
      this.refuse()
      return
    }
    const listener = listeners[network.world.random.below(listeners.length)]!
    if (listener.isFull) {
      again()
      return
    }
    const { localAddress, remoteAddress } = this.connection
    const far = new SimulatedConnection(network, target.streams!, target, machine, NOBODY, remoteAddress, localAddress)
    far.open(this.connection)
    this.connection.peer = far
    far.holdBack()
    far.accept()
    listener.take(far)
  }

  private refuse(): void {
    const { network, machine } = this.streams
    const back = network.link(this.target!, machine)
    network.world.after(back.delay(network.world.now(), 0), () => {
      this.fail('ECONNREFUSED')
    })
  }

  private isLost(target: Machine): boolean {
    const { network, machine } = this.streams
    const link = network.link(machine, target)
    return target.isSilent || this.isCut(target) || link.strikes('loss', link.conditions.loss)
  }

  private isCut(target: Machine): boolean {
    const { network, machine } = this.streams
    return network.link(machine, target).cut || network.link(target, machine).cut
  }

  private limit(): number {
    const { network, machine } = this.streams
    return (this.target === undefined ? network.conditions : network.link(machine, this.target).conditions)
      .connectTimeout
  }

  private fail(code: string): void {
    if (this.connection.state !== 'connecting') return
    const { remoteAddress } = this.connection
    this.connection.finish(
      systemError(
        code,
        'connect',
        remoteAddress.family === 'unix'
          ? { path: remoteAddress.path }
          : { address: remoteAddress.address, port: remoteAddress.port },
      ),
    )
  }
}
