import type {
  Connection,
  ConnectionHandler,
  ConnectOptions,
  DatagramHandler,
  DatagramOptions,
  DatagramSocket,
  Listener,
  ListenerHandler,
  ListenOptions,
  StreamInfo,
  StreamIo,
} from '@loop/core/lowlevel'
import { errnoOf, SystemError } from '../errors.ts'
import type { Engine } from '../engine/engine.ts'
import { NativeConnection } from './connection.ts'
import { NativeDatagramSocket } from './datagram-socket.ts'
import { NativeListener } from './listener.ts'
import type { Place } from './options.ts'
import { backlogOf, connectPlace, datagramPlace, listenPlace, localPlace, optionBits, remotePlace } from './options.ts'
import type { Ends } from './socket.ts'
import { refuse } from './socket.ts'
import { NativeTls } from '../tls/native-tls.ts'

const UNNAMED = { family: 'unix', path: '' } as const
const NO_IPV6 = new Set([errnoOf('EAFNOSUPPORT'), errnoOf('EADDRNOTAVAIL')])

/** Stream I/O over one engine: opens sockets; each then speaks for itself. */
export class NativeStreams implements StreamIo {
  readonly tls: NativeTls

  constructor(private readonly engine: Engine) {
    this.tls = new NativeTls(engine)
  }

  listen(options: ListenOptions, handler: ListenerHandler): Listener {
    this.checkOpen()
    const place = listenPlace(options)
    const id = place === undefined ? this.listenEverywhere(options) : this.listenAt(place, options)
    return new NativeListener(this.engine, checked(id, 'listen', place ?? ['::', options.port ?? 0]), handler)
  }

  connect(options: ConnectOptions, handler: ConnectionHandler): Connection {
    this.checkOpen()
    const place = connectPlace(options)
    const id = this.engine.native.connect(this.engine.handle, ...place, ...localPlace(options))
    const { path } = options
    const ends: Ends | undefined = path === undefined ? undefined : { remote: { family: 'unix', path }, local: UNNAMED }
    const connection = new NativeConnection(this.engine, checked(id, 'connect', place), 'connecting', ends)
    connection.handler = handler
    return connection
  }

  adoptListener(fd: number, handler: ListenerHandler): Listener {
    return new NativeListener(this.engine, this.adopt(fd, 1), handler)
  }

  adoptConnection(fd: number, handler: ConnectionHandler): Connection {
    const connection = new NativeConnection(this.engine, this.adopt(fd, 0), 'connecting')
    connection.handler = handler
    return connection
  }

  private adopt(fd: number, listening: 0 | 1): number {
    this.checkOpen()
    if (!Number.isInteger(fd) || fd < 0) throw new RangeError(`a descriptor is a whole number from 0, got ${fd}`)
    const id = this.engine.native.adopt(this.engine.handle, fd, listening)
    if (id >= 0) return id
    throw new SystemError(id, listening === 1 ? 'listen' : 'connect', fd)
  }

  datagram(options: DatagramOptions, handler: DatagramHandler): DatagramSocket {
    this.checkOpen()
    const place = datagramPlace(options)
    const id = this.engine.native.datagram(this.engine.handle, ...place, ...remotePlace(options), optionBits(options))
    return new NativeDatagramSocket(this.engine, checked(id, 'bind', place), handler)
  }

  flush(): void {
    this.engine.flush()
  }

  open(): readonly StreamInfo[] {
    const infos: StreamInfo[] = []
    for (const target of this.engine.open()) {
      if (
        target instanceof NativeConnection ||
        target instanceof NativeListener ||
        target instanceof NativeDatagramSocket
      ) {
        infos.push(target.info())
      }
    }
    return infos
  }

  private listenAt(place: Place, options: ListenOptions): number {
    return this.engine.native.listen(this.engine.handle, ...place, backlogOf(options), optionBits(options))
  }

  /** All addresses of both families where the system has IPv6. */
  private listenEverywhere(options: ListenOptions): number {
    const id = this.listenAt(['::', options.port ?? 0], options)
    return NO_IPV6.has(id) ? this.listenAt(['0.0.0.0', options.port ?? 0], options) : id
  }

  private checkOpen(): void {
    if (this.engine.closed) refuse('open a socket', 'the selector is closed')
  }
}

function checked(id: number, syscall: string, [host, port]: Place): number {
  if (id >= 0) return id
  throw new SystemError(id, syscall, host, port)
}
