import type { EventLoop, Future } from '@loop/core'
import { ConnectionLostError } from '../contracts/errors.ts'
import type { Protocol } from '../contracts/protocols.ts'
import type { Transport } from '../contracts/protocols.ts'
import type { StreamReader } from './stream-reader.ts'

/** The protocol under a reader and a writer. */
export class ReaderProtocol implements Protocol {
  private paused = false
  private ended = false
  private secure = false
  private over = false
  private error: Error | undefined
  /** A handler of a client is at work. */
  private serving: boolean
  /** Tasks that wait for the peer to catch up. */
  private readonly draining = new Set<Future<void>>()
  /** Tasks that wait for the end. */
  private readonly ending = new Set<Future<Error | null>>()

  constructor(
    private readonly loop: EventLoop,
    readonly reader: StreamReader,
    private readonly onMade: ((transport: Transport) => void) | null,
  ) {
    this.serving = onMade !== null
  }

  connectionMade(transport: Transport): void {
    this.reader.setTransport(transport)
    this.secure = transport.getExtraInfo('cipher') !== undefined
    this.onMade?.(transport)
  }

  dataReceived(bytes: Buffer): void {
    this.reader.feed(bytes)
  }

  eofReceived(): boolean {
    this.ended = true
    this.reader.feedEof()
    // The writer may go on. Over TLS that is over when nobody answers: the peer waits for our end of the session.
    return !this.secure || this.serving
  }

  /** TLS was begun. */
  secured(): void {
    this.secure = true
  }

  /** The handler of a client has done its work. */
  served(transport: Transport): void {
    this.serving = false
    if (this.ended && this.secure && !transport.isClosing()) transport.close()
  }

  connectionLost(error: Error | undefined): void {
    this.over = true
    this.error = error
    if (error === undefined) this.reader.feedEof()
    else this.reader.setException(error)
    for (const waiter of this.draining) if (!waiter.done()) waiter.setException(this.lossOf())
    for (const waiter of this.ending) if (!waiter.done()) waiter.setResult(error ?? null)
    this.draining.clear()
    this.ending.clear()
  }

  pauseWriting(): void {
    this.paused = true
  }

  resumeWriting(): void {
    this.paused = false
    for (const waiter of this.draining) if (!waiter.done()) waiter.setResult()
    this.draining.clear()
  }

  /** A future to wait for before writing on; null when there is nothing to wait for. */
  drained(closing: boolean): Future<void> | null {
    if (!this.over && !this.paused && !closing) return null
    const waiter = this.loop.createFuture<void>()
    if (this.over) {
      waiter.setException(this.lossOf())
      return waiter
    }
    keepWhilePending(this.draining, waiter)
    // A loss that has happened already is reported within a turn, and says more.
    if (closing) this.loop.callSoon(refuseRoom, waiter)
    return waiter
  }

  /** The end of the connection, and what broke it. */
  lost(): Future<Error | null> {
    const waiter = this.loop.createFuture<Error | null>()
    if (this.over) waiter.setResult(this.error ?? null)
    else keepWhilePending(this.ending, waiter)
    return waiter
  }

  private lossOf(): ConnectionLostError {
    return new ConnectionLostError('the connection is lost; nothing that was written can arrive any more', {
      cause: this.error,
    })
  }
}

function refuseRoom(waiter: Future<void>): void {
  if (!waiter.done())
    waiter.setException(new ConnectionLostError('the connection is closing: there will be no room to write any more'))
}

/** Adds a future to those that are notified; one that is cancelled leaves by itself. */
function keepWhilePending<T>(waiters: Set<Future<T>>, waiter: Future<T>): void {
  waiters.add(waiter)
  waiter.addDoneCallback(() => waiters.delete(waiter))
}
