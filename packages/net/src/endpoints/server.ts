import type { Awaitable, Coroutine, EventLoop, Future } from '@loop/core'
import type { SocketAddress } from '@loop/core/lowlevel'
import { CancelledError, InvalidStateError, coroutine } from '@loop/core'
import { inspect } from 'node:util'
import { nameOfAddress } from '../base/options.ts'
import type { NetListener, PendingHandshake } from '../contracts/network.ts'
import type { StreamTransport, TransportOwner } from '../transports/stream-transport.ts'

/**
 * Listening sockets, and the connections that came through them.
 *
 *     serving ──close()──> closed ──last connection lost──> finished
 *
 * Closing stops accepting; connections go on until their protocols end them, and so do TLS handshakes under way.
 */
export class Server implements TransportOwner, AsyncDisposable {
  private listeners: NetListener[] = []
  private readonly transports = new Set<StreamTransport>()
  private readonly handshakes = new Set<PendingHandshake>()
  private closed = false
  private forever: Future<never> | null = null
  private readonly finished: Future<void>

  /** @internal Use `createServer`. */
  constructor(private readonly loop: EventLoop) {
    this.finished = loop.createFuture<void>()
  }

  /** The addresses listened on; empty once closed. */
  get sockets(): readonly SocketAddress[] {
    return this.listeners.map(({ address }) => address)
  }

  /** The port of the first socket; throws InvalidStateError when closed, or for a unix socket. */
  get port(): number {
    const first = this.listeners[0]?.address
    if (first === undefined) throw new InvalidStateError('the server is closed')
    if (first.family === 'unix') throw new InvalidStateError('the server listens on a unix socket')
    return first.port
  }

  /** The loop it runs on. */
  getLoop(): EventLoop {
    return this.loop
  }

  /** Whether it accepts connections. */
  isServing(): boolean {
    return !this.closed
  }

  /** How many connections are open. */
  get connections(): number {
    return this.transports.size
  }

  /**
   * Serves until the calling task is cancelled, or `close` is called; then the server is closed and CancelledError
   * thrown. Throws InvalidStateError when another task does it already, or when the server is closed.
   */
  serveForever(): Awaitable<never> {
    return coroutine(this.serving())
  }

  /** Stops accepting. Connections stay; `waitClosed` waits for them. Repeatable. */
  close(): void {
    if (this.closed) return
    this.closed = true
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) {
      try {
        listener.close()
      } catch (exception) {
        // Its path could not be removed, say; the others are to be closed all the same.
        this.loop.callExceptionHandler({
          message: 'A listening socket was not closed in order',
          exception,
          server: this,
        })
      }
    }
    this.forever?.cancel()
    this.finishWhenDone()
  }

  /** Closes every connection, each after what it has to send, and ends TLS handshakes. Does not close the server. */
  closeClients(): void {
    this.dismiss('close')
  }

  /** Closes every connection at once, and ends TLS handshakes. Does not close the server. */
  abortClients(): void {
    this.dismiss('abort')
  }

  private dismiss(how: 'close' | 'abort'): void {
    for (const transport of [...this.transports]) transport.dismiss(how)
    for (const handshake of [...this.handshakes]) handshake.abort()
  }

  /** Waits until the server is closed, every TLS handshake over and every connection lost. */
  waitClosed(): Awaitable<void> {
    return coroutine(this.waiting())
  }

  /** As `close` and `waitClosed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.waitClosed()
  }

  /** @internal It listens on one more socket. */
  listen(listener: NetListener): void {
    this.listeners.push(listener)
  }

  /**
   * @internal Calls `callback` when it is closed and its last connection lost, before anybody who waits for that goes
   * on.
   */
  whenFinished(callback: () => void): void {
    this.finished.addDoneCallback(callback)
  }

  /** @internal A peer begins a TLS handshake, which becomes a connection or fails; gives how many are under way. */
  handshakeBegan(handshake: PendingHandshake): number {
    return this.handshakes.add(handshake).size
  }

  /** @internal It did. */
  handshakeOver(handshake: PendingHandshake): void {
    this.handshakes.delete(handshake)
    this.finishWhenDone()
  }

  /** @internal A connection came. */
  attach(transport: StreamTransport): void {
    this.transports.add(transport)
  }

  /** @internal A connection was lost. */
  lost(transport: StreamTransport): void {
    this.transports.delete(transport)
    this.finishWhenDone()
  }

  /** How it looks in a log: where it listens, and how many connections it has. */
  [inspect.custom](): string {
    const places = this.listeners.map(({ address }) => nameOfAddress(address)).join(', ')
    return `Server(${places || 'closed'}, ${this.connections} connections)`
  }

  private *serving(): Coroutine<never> {
    if (this.closed) throw new InvalidStateError('the server is closed')
    if (this.forever !== null) throw new InvalidStateError('another task awaits serveForever() already')
    this.forever = this.loop.createFuture<never>()
    try {
      return yield* this.forever
    } catch (error) {
      if (error instanceof CancelledError) {
        this.close()
        yield* this.waiting()
      }
      throw error
    } finally {
      this.forever = null
    }
  }

  /**
   * On a future of its own, so that cancelling one wait does not end the others, and also when it is finished already:
   * the callbacks of {@link whenFinished} come first.
   */
  private *waiting(): Coroutine<void> {
    const waiter = this.loop.createFuture<void>()
    const release = (): void => {
      if (!waiter.done()) waiter.setResult()
    }
    this.finished.addDoneCallback(release)
    try {
      yield* waiter
    } finally {
      this.finished.removeDoneCallback(release)
    }
  }

  private finishWhenDone(): void {
    const { closed, transports, handshakes, finished } = this
    if (closed && transports.size === 0 && handshakes.size === 0 && !finished.done()) finished.setResult()
  }
}
