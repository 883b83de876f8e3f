/**
 * Long because one connection has two ends to each direction, and who closed what first decides the rest.
 *
 * A connection over a socket of Node. Node calls back whenever it likes; here each of its calls becomes a handle of the
 * loop, in order, and waits while reading is paused:
 *
 *     socket events ─> queue ─> loop.callSoon(next), one for each ─> handler
 */
import type { EventLoop, TimerHandle } from '@loop/core'
import type { ConnectionHandler, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { NetConnection } from '../contracts/network.ts'
import { socketOfNode } from '../contracts/socket-options.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'
import { HANDSHAKE_MS, SHUTDOWN_MS, timedOut } from '../contracts/tls-times.ts'
import { DEFAULT_LIMITS } from '../base/transport-parts.ts'
import { checkBytes, localAddressOf, remoteAddressOf } from './node-address.ts'
import type { OpenSocket } from './open-sockets.ts'
import { openSockets } from './open-sockets.ts'
import { Outgoing } from './outgoing.ts'
import { SwallowedWrite } from './swallowed-write.ts'

export type { TlsTimes } from '../contracts/tls-times.ts'

/** Something for the handler: bytes, or what happened. */
type Event = Buffer | 'connected' | 'eof' | 'closed'

/**
 * Pieces of data that may wait for the loop before Node's own reading is stopped: 16 pieces of 64 KiB are a megabyte,
 * more than arrives between two turns.
 */
const WAITING_PIECES = 16

/** See {@link NetConnection}. */
export class NodeConnection implements NetConnection, OpenSocket {
  borrow = false
  paused = false
  handler: ConnectionHandler = NO_HANDLER
  readonly secure: boolean
  private readonly queue: Event[] = []
  /** Handles scheduled for the queue. */
  private scheduled = 0
  private readonly outgoing: Outgoing
  private high = DEFAULT_LIMITS.high
  private low = DEFAULT_LIMITS.low
  private stopped = false
  private ended = false
  private started = false
  private heardEnd = false
  /** `close` or `abort` was called. */
  private closing = false
  /** The socket is closed by Node, in order and in both directions, without our having asked. */
  private finished = false
  private cause: Error | undefined
  private local: SocketAddress | undefined
  /** Of the handshake, then of the shutdown. */
  private deadline: TimerHandle | null = null
  private watch: SwallowedWrite | null = null

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
    this.outgoing = new Outgoing(socket, this.onProgress)
    // The loop that waits keeps the process alive, connections alone do not.
    socket.unref()
    // An end that comes before anybody reads is emitted once, too.
    socket.on('error', this.onError).on('close', this.onClose).on('end', this.onEnd)
    if (state === 'connecting') {
      socket.once(this.secure ? 'secureConnect' : 'connect', this.onConnected)
      if (this.secure) socket.once('connect', this.onTcpConnected)
    } else this.open()
  }

  /** Begins to read: events come from now on. Repeatable. */
  start(): void {
    const { socket } = this
    if (this.started) return
    this.started = true
    if (socket.readableEnded) this.onEnd()
    if (socket.closed) this.onClose()
    else socket.on('data', this.onData)
    if (this.paused) socket.pause()
  }

  /** The socket was connected before. */
  adopted(): void {
    if (this.state === 'connecting') this.onConnected()
  }

  // ---------------------------------------------------------------- writing

  write(bytes: Uint8Array): boolean {
    checkBytes(bytes)
    if (this.state === 'closing' || this.state === 'closed') return this.refuseWrite()
    if (this.ended) throw new InvalidStateError('cannot write: the writing side has been ended')
    // Nobody is there any more, which a pause of reading has hidden so far.
    if (this.finished) return this.loseWrite()
    if (bytes.length > 0) this.outgoing.write(bytes)
    if (this.pending <= this.high) return true
    this.outgoing.flush()
    if (this.pending <= this.high) return true
    this.stopped = true
    return false
  }

  flush(): void {
    if (this.state !== 'connecting' && this.state !== 'closed') this.outgoing.flush()
  }

  end(): void {
    if (this.ended || this.state === 'closing' || this.state === 'closed') return
    this.ended = true
    this.outgoing.finish(() => this.socket.end())
  }

  close(): void {
    if (this.state === 'closing' || this.state === 'closed') return
    this.state = 'closing'
    this.closing = true
    if (this.finished) {
      this.conclude()
      return
    }
    if (this.secure)
      this.limit(this.times.shutdownTimeout ?? SHUTDOWN_MS, 'the peer did not end the TLS session in time')
    this.outgoing.finish(this.finish)
  }

  /**
   * Ends the connection after what was written. A TLS session ends by our close_notify and the peer's. Meanwhile its
   * bytes are read and dropped: a socket that is closed with input unread (the session tickets of TLS 1.3 are enough)
   * is reset by the kernel, which then drops what it had not yet sent. Node destroys the socket when both sides have
   * ended.
   */
  private readonly finish = (): void => {
    const { socket } = this
    if (this.secure && socket.readable) socket.end().resume()
    else socket.destroySoon()
  }

  private limit(milliseconds: number, message: string): void {
    this.deadline?.cancel()
    this.deadline = this.loop.callLater(milliseconds, () => {
      this.cause ??= timedOut(message)
      this.socket.destroy()
    })
  }

  private readonly onTcpConnected = (): void => {
    if (this.state === 'connecting' && !this.loop.isClosed()) this.limitHandshake()
  }

  limitHandshake(): void {
    this.limit(this.times.handshakeTimeout ?? HANDSHAKE_MS, 'the TLS handshake took too long')
  }

  abort(error?: Error): void {
    if (this.state === 'closed') return
    this.state = 'closing'
    this.closing = true
    this.cause ??= error
    this.deadline?.cancel()
    if (this.finished) this.conclude()
    else this.socket.destroy()
  }

  /** The loop is closed: what was written leaves as far as the system takes it, as with a selector's own sockets. */
  drop(): void {
    this.outgoing.flush()
    this.state = 'closed'
    this.socket.destroy()
  }

  setWaterMarks(high: number, low: number): void {
    this.high = high
    this.low = low
  }

  get pending(): number {
    return this.state === 'closed' || this.finished ? 0 : this.outgoing.size
  }

  private refuseWrite(): boolean {
    if (this.state === 'closed') return false
    throw new InvalidStateError('cannot write: the connection is closing')
  }

  private loseWrite(): boolean {
    this.cause ??= brokenPipe()
    this.conclude()
    return false
  }

  private readonly onProgress = (): void => {
    if (!this.stopped || this.pending > this.low || this.loop.isClosed()) return
    this.stopped = false
    // Not through the queue: room to write is reported whether or not reading is paused.
    this.loop.callSoon(emitDrained, this)
  }

  emitDrained(): void {
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

  // ---------------------------------------------------------------- handing the socket over

  /** Gives its socket away, with what was received and not delivered; from now on only its loss is reported, to `lost`. */
  release(lost: (error: Error | undefined) => void): {
    readonly socket: Socket
    readonly queued: Buffer[]
    readonly ended: boolean
  } {
    const { socket, queue } = this
    socket.off('data', this.onData).off('end', this.onEnd).pause()
    this.handler = { data() {}, eof() {}, closed: lost }
    this.paused = true
    const queued = queue.splice(0).filter((event) => typeof event === 'object')
    return { socket, queued, ended: this.heardEnd }
  }

  /** Calls `sent` when everything that was written has left. */
  whenSent(sent: () => void): void {
    this.outgoing.whenEmpty(() => {
      if (this.state !== 'open') return
      // What stands on the socket reports its end from now on.
      openSockets(this.loop).delete(this)
      sent()
    })
  }

  // ---------------------------------------------------------------- facts

  get localAddress(): SocketAddress | undefined {
    return (this.local ??= localAddressOf(this.socket))
  }

  get remoteAddress(): SocketAddress | undefined {
    return (this.remote ??= remoteAddressOf(this.socket))
  }

  extra(name: string): unknown {
    if (name === 'socket') return socketOfNode(this.socket)
    if (!this.secure) return undefined
    const socket = this.socket as TLSSocket
    if (name === 'peercert') return socket.getPeerCertificate()
    if (name === 'cipher') return socket.getCipher()
    if (name === 'alpnProtocol') return socket.alpnProtocol === false ? undefined : socket.alpnProtocol
    return name === 'tlsEngine' ? 'node' : undefined
  }

  // ---------------------------------------------------------------- events

  private open(): void {
    this.socket.setNoDelay(true)
    if (this.secure) this.watch = new SwallowedWrite(this.loop, this.socket, this.onSwallowed)
    // Remembered, because Node forgets them with the connection.
    this.remote ??= remoteAddressOf(this.socket)
    this.local ??= localAddressOf(this.socket)
  }

  private readonly onSwallowed = (): void => {
    this.cause ??= Object.assign(
      new Error('read ECONNRESET: the peer broke the connection at the end of the TLS handshake'),
      { code: 'ECONNRESET', syscall: 'read' },
    )
    this.socket.destroy()
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
    if (this.heardEnd) return
    this.heardEnd = true
    this.push('eof')
  }

  private readonly onError = (error: Error): void => {
    this.cause ??= error
  }

  private readonly onClose = (): void => {
    if (this.finished || this.state === 'closed') return
    if (!this.closing && this.outgoing.lost) this.cause ??= brokenPipe()
    // Ended on both sides in order, it is the program's to close.
    if (this.cause === undefined && this.state === 'open' && this.heardEnd) this.finished = true
    else this.conclude()
  }

  private conclude(): void {
    this.deadline?.cancel()
    this.watch?.cancel()
    if (this.state === 'closed') return
    this.state = 'closed'
    openSockets(this.loop).delete(this)
    this.push('closed')
  }

  private push(event: Event): void {
    this.queue.push(event)
    this.schedule()
  }

  private schedule(): void {
    if (this.loop.isClosed()) return
    this.scheduled++
    this.loop.callSoon(next, this)
  }

  /** Delivers the oldest event, as one handle of the loop. */
  next(): void {
    const { queue } = this
    this.scheduled--
    // After an own close nothing is read; what a pause held back is lost with a connection that broke, as in the
    // kernel.
    const deaf = this.closing || (this.paused && this.state === 'closed')
    while (deaf && isReading(queue[0])) queue.shift()
    const event = queue[0]
    if (event === undefined || (this.paused && isReading(event))) return
    queue.shift()
    if (queue.length === WAITING_PIECES && !this.paused) this.socket.resume()
    this.emit(event)
  }

  private emit(event: Event): void {
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

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE: the connection is gone, with bytes unsent'), {
    code: 'EPIPE',
    syscall: 'write',
  })
}

const NO_HANDLER: ConnectionHandler = { data() {}, eof() {}, closed() {} }

function next(connection: NodeConnection): void {
  connection.next()
}

function emitDrained(connection: NodeConnection): void {
  connection.emitDrained()
}
