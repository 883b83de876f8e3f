import type { Awaitable, EventLoop, Future } from '@loop/core'
import { InvalidStateError } from '@loop/core'
import { describe, ReusableWait } from '@loop/core/lowlevel'
import { ByteQueue } from '../base/byte-queue.ts'
import type { OperationOwner } from './read-operation.ts'
import { ReadOperation } from './read-operation.ts'
import type { ReadRequest } from './requests.ts'
import { exactly, nextChunk, NextLine, toTheEnd, UntilSeparator, upTo } from './requests.ts'

/** asyncio's: 64 KiB, for the longest line and, doubled, for what is kept before the peer is slowed down. */
const DEFAULT_LIMIT = 64 * 1024

/** What `readUntil` looks for. */
export type Separator = Uint8Array | string

/** The part of a transport that a reader needs. */
interface Pausable {
  pauseReading(): void
  resumeReading(): void
}

/**
 * The reading side of a stream. One task reads at a time; a second one gets an InvalidStateError.
 *
 * Cancelling a read, or giving up after a timeout, loses nothing: what arrives stays for the next one. A connection
 * that broke throws its error in every read from then on.
 */
export class StreamReader implements AsyncIterable<Buffer>, OperationOwner {
  private readonly bytes = new ByteQueue()
  private ended = false
  private failure: Error | null = null
  /** The operation that waits, or whose answer has not been taken. */
  private current: ReadOperation<unknown> | null = null
  private paused = false
  private transport: Pausable | null = null
  /** A future that is done, for answers that are there already. */
  private readonly now: Future<void>
  /** For iterations. */
  private readonly chunk: ReusableWait<IteratorResult<Buffer, undefined>>
  private readonly iterator: AsyncIterator<Buffer, undefined>

  /** Throws RangeError unless `limit` is a positive number of bytes. */
  constructor(
    private readonly loop: EventLoop,
    private readonly limit = DEFAULT_LIMIT,
  ) {
    if (!(limit > 0))
      throw new RangeError(`the limit of a reader is a positive number of bytes, got ${describe(limit)}`)
    this.now = loop.createFuture<void>()
    this.now.setResult()
    this.chunk = new ReusableWait(loop, () => this.takeNext())
    this.iterator = { next: () => this.nextChunk() as Promise<IteratorResult<Buffer, undefined>> }
  }

  // ---------------------------------------------------------------- reading

  /**
   * Up to `count` bytes: what is there, at least one; empty at the end. Without `count`, or with -1, everything up to
   * the end. Throws RangeError for other numbers that are not whole from 0.
   */
  read(count = -1): Awaitable<Buffer> {
    if (count === -1) return this.begin(toTheEnd)
    checkCount(count, 'read')
    return this.begin(upTo(count))
  }

  /** Exactly `count` bytes. Throws IncompleteReadError, with what came, when the stream ends before. */
  readExactly(count: number): Awaitable<Buffer> {
    checkCount(count, 'readExactly')
    return this.begin(exactly(count))
  }

  /**
   * Everything up to and with `separator`, a newline by default; of several, the one that ends first. Throws
   * IncompleteReadError when the stream ends before it, LimitOverrunError when it does not come within the reader's
   * limit; then the bytes stay, to be read otherwise. Throws TypeError for what is no text or bytes, RangeError for
   * none.
   */
  readUntil(separator: Separator | readonly Separator[] = '\n'): Awaitable<Buffer> {
    const separators = (Array.isArray(separator) ? separator : [separator]).map(bytesOf)
    if (separators.length === 0) throw new RangeError('there must be at least one separator')
    return this.begin(new UntilSeparator(separators, this.limit))
  }

  /** A line with its newline; the last one may lack it, and is empty at the end. Throws LimitOverrunError. */
  readLine(): Awaitable<Buffer> {
    return this.begin(new NextLine(this.limit))
  }

  /** Whether the end was received and everything before it read. */
  atEof(): boolean {
    return this.ended && this.bytes.size === 0
  }

  /** The bytes as they come, piece by piece, to the end: unlike asyncio's iteration, which is `lines()` here. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return this.iterator
  }

  /** The lines to the end, with their newlines. */
  async *lines(): AsyncGenerator<Buffer, undefined> {
    for (;;) {
      const line = await this.readLine()
      if (line.length === 0) return undefined
      yield line
    }
  }

  // ---------------------------------------------------------------- feeding

  /**
   * Adds bytes that arrived, which are the reader's from now on; for protocols that make their own readers. Throws
   * TypeError for anything else, InvalidStateError after the end.
   */
  feed(bytes: Buffer): void {
    if (!Buffer.isBuffer(bytes)) throw new TypeError(`feed takes a Buffer, got ${describe(bytes)}`)
    if (bytes.length === 0) return
    if (this.ended) throw new InvalidStateError('bytes after the end of the stream')
    this.bytes.push(bytes)
    this.check()
    if (this.paused || this.bytes.size <= 2 * this.limit || this.isWaiting()) return
    this.paused = true
    this.transport?.pauseReading()
  }

  /** Nothing more will come. Repeatable. */
  feedEof(): void {
    this.ended = true
    this.check()
  }

  /** The stream broke: reads throw this from now on. */
  setException(error: Error): void {
    this.failure ??= error
    this.check()
  }

  /** What broke the stream, or null. */
  exception(): Error | null {
    return this.failure
  }

  /** @internal The transport to pause when too much arrives. */
  setTransport(transport: Pausable): void {
    this.transport = transport
  }

  /** @internal What nobody has read, which is the caller's from now on. */
  takeUnread(): Uint8Array[] {
    if (this.paused) this.goOn()
    return this.bytes.size === 0 ? [] : [this.bytes.take(this.bytes.size)]
  }

  // ---------------------------------------------------------------- operations

  private takeNext(): IteratorResult<Buffer, undefined> {
    if (this.failure !== null) throw this.failure
    if (this.bytes.size === 0) return { done: true, value: undefined }
    const value = this.bytes.takeChunk()
    if (this.paused && this.bytes.size <= this.limit) this.goOn()
    return { done: false, value }
  }

  private nextChunk(): PromiseLike<IteratorResult<Buffer, undefined>> {
    try {
      if (this.current !== null || this.chunk.active) this.settleCurrent()
    } catch (error) {
      return Promise.reject(error as Error)
    }
    if (this.failure !== null) return Promise.reject(this.failure)
    if (this.bytes.size > 0 || this.ended) return Promise.resolve(this.takeNext())
    const waiting = this.chunk.wait()
    if (waiting === null) return this.begin(nextChunk)
    if (this.paused) this.goOn()
    return waiting
  }

  /** @internal */
  answer<T>(operation: ReadOperation<T>): T {
    this.abandon(operation as ReadOperation<unknown>)
    if (this.failure !== null) throw this.failure
    const taken = operation.request.take(this.bytes)
    if (this.paused && this.bytes.size <= this.limit) this.goOn()
    return taken
  }

  /** @internal */
  abandon(operation: ReadOperation<unknown>): void {
    if (this.current === operation) this.current = null
  }

  private begin<T>(request: ReadRequest<T>): ReadOperation<T> {
    if (this.current !== null || this.chunk.active) this.settleCurrent()
    if (this.isReady(request)) {
      const operation = new ReadOperation(this, request, this.now)
      this.tryTake(operation)
      return operation
    }
    const operation = new ReadOperation(this, request, this.loop.createFuture<void>())
    this.current = operation as ReadOperation<unknown>
    // More than the limit may be wanted.
    if (this.paused) this.goOn()
    return operation
  }

  /** Of two reads the first must be over: answered but not awaited yet, its bytes are taken now. */
  private settleCurrent(): void {
    const { current } = this
    if (current?.arrival.cancelled() === true) this.current = null
    else if (current?.arrival.done() === true && !current.awaited) this.tryTake(current)
    else throw new InvalidStateError('another task is reading from this stream; one at a time')
  }

  /** Takes the answer early; an error is kept in the operation, for whoever awaits it. */
  private tryTake(operation: ReadOperation<unknown>): void {
    try {
      operation.take()
    } catch {
      // It is thrown where the operation is awaited.
    }
  }

  private isReady(request: ReadRequest<unknown>): boolean {
    return this.failure !== null || request.ready(this.bytes, this.ended)
  }

  /** Whether an operation waits for more than is here. */
  private isWaiting(): boolean {
    return this.chunk.active || (this.current !== null && !this.current.arrival.done())
  }

  private check(): void {
    if (this.chunk.active) {
      this.chunk.wake()
      return
    }
    const { current } = this
    if (current === null || current.arrival.done()) return
    if (this.isReady(current.request)) current.arrival.setResult()
  }

  private goOn(): void {
    this.paused = false
    this.transport?.resumeReading()
  }
}

function bytesOf(separator: unknown): Buffer {
  if (typeof separator !== 'string' && !(separator instanceof Uint8Array)) {
    throw new TypeError(`a separator is text or bytes, got ${describe(separator)}`)
  }
  if (separator.length === 0) throw new RangeError('the separator must have at least one byte')
  return Buffer.from(separator as string)
}

function checkCount(count: unknown, what: string): void {
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
    throw new RangeError(`${what} takes a whole number of bytes from 0, got ${describe(count)}`)
  }
}
