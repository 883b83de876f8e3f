/**
 * A connection over a socket of Node. Node calls back whenever it likes; here each of its calls becomes a handle of the
 * loop, in order, and waits while reading is paused:
 *
 *     socket events ─> queue ─> loop.callSoon(next), one for each ─> handler
 *
 * Writes of one handle leave together: the socket is corked until the microtasks after the handle have run.
 */
import type { ConnectionHandler, EventLoop, SocketAddress, TimerHandle } from '@loop/core'
import { InvalidStateError } from '@loop/core'
import type { Socket } from 'node:net'
import process from 'node:process'
import type { TLSSocket } from 'node:tls'
import type { NetConnection } from '../network.ts'
import { DEFAULT_LIMITS } from '../transport-parts.ts'
import { checkBytes, localAddressOf, remoteAddressOf } from './node-address.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'

/** Something to tell the handler: bytes, or what happened. */
type Event = Buffer | 'connected' | 'eof' | 'closed'

/**
 * Pieces of data that may wait for the loop before Node's own reading is stopped: 16 pieces of 64 KiB are a megabyte,
 * more than arrives between two turns.
 */
const WAITING_PIECES = 16
/** asyncio's: milliseconds for a TLS handshake, and for the peer to end the session after we did. */
export const HANDSHAKE_MS = 60_000
const SHUTDOWN_MS = 30_000

/** Milliseconds; beside the options of node:tls. */
export interface TlsTimes {
  readonly handshakeTimeout?: number | undefined
  readonly shutdownTimeout?: number | undefined
}

/** See {@link NetConnection}. */
export class NodeConnection implements NetConnection, OpenSocket {
  borrow = false
  paused = false
  handler: ConnectionHandler = NO_HANDLER
  readonly secure: boolean
  private readonly queue: Event[] = []
  /** Handles scheduled for the queue. */
  private scheduled = 0
  private high = DEFAULT_LIMITS.high
  private low = DEFAULT_LIMITS.low
  private stopped = false
  private ended = false
  /** `close` or `abort` was called. */
  private closing = false
  /** The socket is closed by Node, in both directions, without our having asked. */
  private finished = false
  private cause: Error | undefined
  private corked = false
  /** Of the handshake, then of the shutdown. */
  private deadline: TimerHandle | null = null

  /** `remote` is given where Node does not know it. */
  constructor(
    private readonly loop: EventLoop,
    private readonly socket: Socket,
    public state: NetConnection['state'],
    private remote?: SocketAddress,
    private readonly times: TlsTimes = {},
  ) {
    openSockets(loop).add(this)
    this.secure = 'encrypted' in socket
    // The loop that waits keeps the process alive, connections alone do not.
    socket.unref()
    socket.on('error', this.onError).on('close', this.onClose)
    if (state === 'connecting') {
      socket.once(this.secure ? 'secureConnect' : 'connect', this.onConnected)
      if (this.secure) socket.once('connect', this.onTcpConnected)
    } else this.open()
  }

  /** Begins to read: events come from now on. */
  start(): void {
    this.socket.on('data', this.onData).on('end', this.onEnd)
  }

  // ---------------------------------------------------------------- writing

  write(bytes: Uint8Array): boolean {
    checkBytes(bytes)
    if (this.state === 'closing' || this.state === 'closed') return this.refuseWrite()
    if (this.ended) throw new InvalidStateError('cannot write: the writing side has been ended')
    if (bytes.length > 0) {
      this.cork()
      // Copied: Node would go on using memory that the caller may change.
      this.socket.write(Buffer.from(bytes), this.onWritten)
    }
    if (this.pending <= this.high) return true
    this.uncork()
    if (this.pending <= this.high) return true
    this.stopped = true
    return false
  }

  end(): void {
    if (this.ended || this.state === 'closing' || this.state === 'closed') return
    this.ended = true
    this.socket.end()
  }

  close(): void {
    if (this.state === 'closing' || this.state === 'closed') return
    this.state = 'closing'
    this.closing = true
    if (this.finished) this.conclude()
    else if (this.secure && this.socket.readable) this.shutDown()
    else this.socket.destroySoon()
  }

  /**
   * Ends a TLS session: what was written, then our close_notify, then wait for the peer's end. Meanwhile its bytes are read
   * and dropped: a socket that is closed with input unread (the session tickets of TLS 1.3 are enough) is reset by the
   * kernel, which then drops what it had not yet sent. Node destroys the socket when both sides have ended.
   */
  private shutDown(): void {
    const { socket } = this
    const arm = (): void => {
      if (this.state === 'closed') return
      this.deadline = this.loop.callLater(this.times.shutdownTimeout ?? SHUTDOWN_MS, () => {
        this.expire('the peer did not end the TLS session in time')
      })
    }
    // From the moment that everything has left: Node does not tell how far a write has come.
    socket.once('finish', arm).end()
    socket.resume()
  }

  private expire(message: string): void {
    this.cause ??= Object.assign(new Error(message), { code: 'ETIMEDOUT' })
    this.socket.destroy()
  }

  private readonly onTcpConnected = (): void => {
    if (this.state !== 'connecting') return
    this.deadline = this.loop.callLater(this.times.handshakeTimeout ?? HANDSHAKE_MS, () => {
      this.expire('the TLS handshake took too long')
    })
  }

  abort(error?: Error): void {
    if (this.state === 'closed') return
    this.state = 'closing'
    this.closing = true
    this.cause ??= error
    if (this.finished) this.conclude()
    else this.socket.destroy()
  }

  /** The loop is closed: what was written leaves as far as the system takes it, as with a selector's own sockets. */
  drop(): void {
    this.state = 'closed'
    this.uncork()
    this.socket.destroy()
  }

  setWaterMarks(high: number, low: number): void {
    this.high = high
    this.low = low
  }

  get pending(): number {
    return this.state === 'closed' ? 0 : this.socket.writableLength
  }

  private refuseWrite(): boolean {
    if (this.state === 'closed') return false
    throw new InvalidStateError('cannot write: the connection is closing')
  }

  private cork(): void {
    if (this.corked) return
    this.corked = true
    this.socket.cork()
    process.nextTick(uncork, this)
  }

  uncork(): void {
    if (!this.corked) return
    this.corked = false
    this.socket.uncork()
  }

  /** A write that failed empties nothing: the end of the connection follows. */
  private readonly onWritten = (error?: Error | null): void => {
    if ((error ?? null) !== null || !this.stopped || this.pending > this.low) return
    this.stopped = false
    // Not through the queue: room to write is told whether or not reading is paused.
    this.loop.callSoon(tellDrained, this)
  }

  tellDrained(): void {
    if (this.state === 'open') this.handler.drained?.()
  }

  // ---------------------------------------------------------------- reading

  pause(): void {
    if (this.paused || this.closing || this.state === 'closed') return
    this.paused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.paused || this.state === 'closed') return
    this.paused = false
    while (this.scheduled < this.queue.length) this.schedule()
    this.socket.resume()
  }

  // ---------------------------------------------------------------- facts

  get localAddress(): SocketAddress | undefined {
    return localAddressOf(this.socket)
  }

  get remoteAddress(): SocketAddress | undefined {
    return (this.remote ??= remoteAddressOf(this.socket))
  }

  extra(name: string): unknown {
    if (name === 'socket') return this.socket
    if (!this.secure) return undefined
    const socket = this.socket as TLSSocket
    if (name === 'peercert') return socket.getPeerCertificate()
    if (name === 'cipher') return socket.getCipher()
    if (name === 'alpnProtocol') return socket.alpnProtocol === false ? undefined : socket.alpnProtocol
    return undefined
  }

  // ---------------------------------------------------------------- events

  private open(): void {
    this.socket.setNoDelay(true)
    // Remembered, because Node forgets it with the connection.
    this.remote ??= remoteAddressOf(this.socket)
  }

  private readonly onConnected = (): void => {
    this.deadline?.cancel()
    this.open()
    this.push('connected')
    this.start()
  }

  private readonly onData = (bytes: Buffer): void => {
    if (this.closing) return
    this.push(bytes)
    if (this.queue.length > WAITING_PIECES) this.socket.pause()
  }

  private readonly onEnd = (): void => {
    this.push('eof')
  }

  private readonly onError = (error: Error): void => {
    this.cause ??= error
  }

  private readonly onClose = (): void => {
    if (this.cause === undefined && this.state === 'open') this.finished = true
    else this.conclude()
  }

  private conclude(): void {
    this.deadline?.cancel()
    if (this.loop.isClosed()) return
    this.state = 'closed'
    openSockets(this.loop).delete(this)
    this.push('closed')
  }

  private push(event: Event): void {
    this.queue.push(event)
    this.schedule()
  }

  private schedule(): void {
    this.scheduled++
    this.loop.callSoon(next, this)
  }

  /** Tells the handler the oldest event, as one handle of the loop. */
  next(): void {
    const { queue } = this
    this.scheduled--
    // After an own close nothing is read; what waited while paused is lost with a connection that broke, as in the kernel.
    const deaf = this.closing || (this.paused && this.state === 'closed')
    while (deaf && isReading(queue[0])) queue.shift()
    const event = queue[0]
    if (event === undefined || (this.paused && isReading(event))) return
    queue.shift()
    if (queue.length === WAITING_PIECES && !this.paused) this.socket.resume()
    this.tell(event)
  }

  private tell(event: Event): void {
    const { handler } = this
    if (typeof event === 'object') handler.data(event)
    else if (event === 'eof') handler.eof()
    else if (event === 'closed') handler.closed(this.cause)
    else if (this.state === 'connecting') {
      this.state = 'open'
      handler.connected?.()
    }
  }
}

function isReading(event: Event | undefined): boolean {
  return event === 'eof' || typeof event === 'object'
}

const NO_HANDLER: ConnectionHandler = { data() {}, eof() {}, closed() {} }

function next(connection: NodeConnection): void {
  connection.next()
}

function tellDrained(connection: NodeConnection): void {
  connection.tellDrained()
}

function uncork(connection: NodeConnection): void {
  connection.uncork()
}
