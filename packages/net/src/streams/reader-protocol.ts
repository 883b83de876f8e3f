import type { EventLoop, Future } from '@loop/core'
import { ConnectionLostError } from '../errors.ts'
import type { Protocol } from '../contracts.ts'
import type { Transport } from '../contracts.ts'
import type { StreamReader } from './stream-reader.ts'

/** The protocol under a reader and a writer. */
export class ReaderProtocol implements Protocol {
  private paused = false
  private over = false
  private error: Error | undefined
  /** Tasks that wait for the peer to catch up. */
  private readonly draining = new Set<Future<void>>()
  /** Tasks that wait for the end. */
  private readonly ending = new Set<Future<Error | null>>()

  constructor(
    private readonly loop: EventLoop,
    readonly reader: StreamReader,
    private readonly onMade: ((transport: Transport) => void) | null,
  ) {}

  connectionMade(transport: Transport): void {
    this.reader.setTransport(transport)
    this.onMade?.(transport)
  }

  dataReceived(bytes: Buffer): void {
    this.reader.feed(bytes)
  }

  eofReceived(): boolean {
    this.reader.feedEof()
    // The writer may go on; TLS closes in any case.
    return true
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
    if (this.over) waiter.setException(this.lossOf())
    else keepWhilePending(this.draining, waiter)
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
    return new ConnectionLostError('the connection is lost; nothing that was written can arrive any more', { cause: this.error })
  }
}

/** Adds a future to those to be told; one that is cancelled leaves by itself. */
function keepWhilePending<T>(waiters: Set<Future<T>>, waiter: Future<T>): void {
  waiters.add(waiter)
  waiter.addDoneCallback(() => waiters.delete(waiter))
}
