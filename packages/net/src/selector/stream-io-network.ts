import type { EventLoop, Future } from '@loop/core'
import type { Connection, ConnectionHandler, DatagramHandler, DatagramOptions, StreamIo } from '@loop/core/lowlevel'
import { NotSupportedError } from '@loop/core'
import type {
  ConnectPlace,
  ListenPlace,
  NetConnection,
  NetDatagramSocket,
  NetListener,
  NetListenerHandler,
  Network,
} from '../contracts/network.ts'
import { flushAtExit } from '../base/flush-at-exit.ts'
import { UnixPath } from '../base/unix-path.ts'

/** Those that are flushed when the process exits. */
const flushed = new WeakSet<StreamIo>()

/** Connections over a selector's own batched I/O: thin, because the contract is the same. */
export class StreamIoNetwork implements Network {
  readonly name = 'streams'

  constructor(
    protected readonly loop: EventLoop,
    private readonly streams: StreamIo,
  ) {
    // One that is isolated has nothing outside of the process that could get the bytes.
    if (streams.isolated === true || flushed.has(streams)) return
    flushed.add(streams)
    flushAtExit(loop, () => {
      streams.flush()
    })
  }

  listen(place: ListenPlace, handler: NetListenerHandler): Future<NetListener> {
    const { path } = place
    const listener = this.begin(place, handler)
    const hasFile = path !== undefined && !path.startsWith('\0') && this.streams.isolated !== true
    return this.done(hasFile ? this.removingPath(listener, path) : listener)
  }

  private begin(place: ListenPlace, handler: NetListenerHandler): NetListener {
    try {
      const { fd } = place
      return fd === undefined ? this.streams.listen(place, handler) : this.streams.adoptListener!(fd, handler)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOTSUP') throw error
      throw new NotSupportedError('several sockets cannot share a port on this system: reusePort', { cause: error })
    }
  }

  connect(place: ConnectPlace, handler: ConnectionHandler): NetConnection {
    return this.open(place, handler)
  }

  /** Starts a connection to a place, or takes over the descriptor of one. */
  protected open(place: ConnectPlace, handler: ConnectionHandler): Connection {
    const { fd } = place
    return fd === undefined ? this.streams.connect(place, handler) : this.streams.adoptConnection!(fd, handler)
  }

  datagram(options: DatagramOptions, handler: DatagramHandler): Future<NetDatagramSocket> {
    return this.done(this.streams.datagram(options, handler))
  }

  /** Removes the path of a unix socket after closing, as Node does; not when another socket has it by then. */
  private removingPath(listener: NetListener, path: string): NetListener {
    const file = new UnixPath(path)
    const remove = (): void => {
      file.remove()
    }
    const atTheLatest = this.loop.onClose(remove)
    return {
      address: listener.address,
      close() {
        atTheLatest[Symbol.dispose]()
        listener.close()
        remove()
      },
    }
  }

  private done<T>(value: T): Future<T> {
    const future = this.loop.createFuture<T>()
    future.setResult(value)
    return future
  }
}
