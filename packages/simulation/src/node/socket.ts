import type { EventLoop, TimerHandle } from '@loop/core'
import type { Connection, ConnectionHandler, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError, runningLoop } from '@loop/core'
import { Duplex } from 'node:stream'
import { systemError } from '../network/system-error.ts'
import { SimulatedLoop } from '../world/simulated-loop.ts'

/** The loop of the host that calls. Throws InvalidStateError outside of a simulation. */
export function hostLoop(): SimulatedLoop {
  const loop = runningLoop()
  if (loop instanceof SimulatedLoop) return loop
  throw new InvalidStateError('there are simulated sockets on simulated hosts only: call this from the code of a host')
}

/**
 * A simulated connection as the socket that libraries of Node know: a Duplex with the members of `net.Socket` that HTTP
 * and drivers of databases use. Its own timeouts pass in virtual time.
 *
 * ```ts
 * const socket = new SimulatedSocket().connect(5432, 'db')
 * ```
 */
export class SimulatedSocket extends Duplex {
  connecting = false
  remoteAddress: string | undefined
  remotePort: number | undefined
  readonly remoteFamily = 'IPv4'
  localAddress: string | undefined
  localPort: number | undefined
  bytesRead = 0
  bytesWritten = 0
  /** Milliseconds without traffic after which 'timeout' is emitted; 0 for never. */
  timeout = 0
  private readonly loop: EventLoop
  private connection: Connection | null = null
  private timer: TimerHandle | null = null
  /** What a write waits for. */
  private waiting: ((error?: Error | null) => void) | null = null

  /** @param connection One that was accepted; without, the socket is to be connected */
  constructor(connection?: Connection) {
    // As in Node: a client ends its side when the server has ended its own, and a server decides for itself.
    super({ allowHalfOpen: connection !== undefined })
    this.loop = hostLoop()
    if (connection !== undefined) this.attach(connection)
  }

  /** Connects, as `net.Socket` does: `connect(port, host?, listener?)` or `connect({ host, port }, listener?)`. */
  connect(
    place: number | { readonly host?: string | undefined; readonly port?: number | string | undefined },
    host?: string | (() => void),
    listener?: () => void,
  ): this {
    const { host: name = 'localhost', port } =
      typeof place === 'object' ? place : { host: typeof host === 'string' ? host : 'localhost', port: place }
    const connected = typeof host === 'function' ? host : listener
    if (connected !== undefined) this.once('connect', connected)
    this.connecting = true
    try {
      const [address] = this.loop.selector.resolver!.lookup(name, 4)
      this.attach(this.loop.selector.streams!.connect({ host: address!.address, port: Number(port) }, this.handler))
    } catch (error) {
      this.destroy(error as Error)
    }
    return this
  }

  /** What the connection is to tell. */
  readonly handler: ConnectionHandler = {
    connected: () => {
      this.connecting = false
      this.noteAddresses()
      this.emit('connect')
      this.emit('ready')
    },
    data: (bytes) => {
      this.touch()
      this.bytesRead += bytes.length
      if (!this.push(bytes)) this.connection!.pause()
    },
    eof: () => {
      this.touch()
      this.push(null)
      // So that the end is seen although nobody reads.
      this.read(0)
    },
    drained: () => {
      this.written(null)
    },
    closed: (error) => {
      this.written(error ?? systemError('EPIPE', 'write'))
      this.destroy(error)
    },
  }

  override _read(): void {
    if (this.connection?.paused === true) this.connection.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.touch()
    const { connection } = this
    if (connection === null || connection.state === 'closed' || connection.state === 'closing') {
      done(systemError('EPIPE', 'write'))
      return
    }
    this.bytesWritten += chunk.length
    if (connection.write(chunk)) done()
    else this.waiting = done
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection?.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.timer?.cancel()
    this.connecting = false
    if (error === null && this.writableFinished) this.connection?.close()
    else this.connection?.abort(error ?? undefined)
    done(error)
  }

  /** As of `net.Socket`: 'timeout' after so many milliseconds without traffic, in virtual time. */
  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms
    if (listener !== undefined) {
      if (ms > 0) this.once('timeout', listener)
      else this.off('timeout', listener)
    }
    this.touch()
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  /** Closes it once everything is sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Ends the connection with a reset. */
  resetAndDestroy(): this {
    return this.destroy()
  }

  address(): { readonly address: string; readonly port: number; readonly family: string } | Record<string, never> {
    return this.localAddress === undefined
      ? {}
      : { address: this.localAddress, port: this.localPort!, family: this.remoteFamily }
  }

  get pending(): boolean {
    return this.connection === null || this.connecting
  }

  get readyState(): string {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  private attach(connection: Connection): void {
    this.connection = connection
    this.connecting = connection.state === 'connecting'
    this.noteAddresses()
  }

  private noteAddresses(): void {
    const { remoteAddress, localAddress } = this.connection!
    ;[this.remoteAddress, this.remotePort] = partsOf(remoteAddress)
    ;[this.localAddress, this.localPort] = partsOf(localAddress)
  }

  private written(error: Error | null): void {
    const { waiting } = this
    this.waiting = null
    waiting?.(error)
  }

  private touch(): void {
    this.timer?.cancel()
    this.timer =
      this.timeout > 0 && !this.destroyed
        ? this.loop.callLater(this.timeout, () => {
            this.emit('timeout')
          })
        : null
  }
}

function partsOf(address: SocketAddress | undefined): [string | undefined, number | undefined] {
  return address === undefined || address.family === 'unix' ? [undefined, undefined] : [address.address, address.port]
}
