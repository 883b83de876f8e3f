import type { Pollable } from '@loop/core'
import type { Interest } from '@loop/core/lowlevel'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import type { Readable, Writable } from 'node:stream'
import { Listeners } from './listeners.ts'

/** A stream of Node as a source. */
export interface WatchedStream extends Pollable {
  onReady(notify: () => void): () => void
  /**
   * What the stream has buffered, at most `max` bytes when given: null when there is nothing, or nothing any more (see
   * `ended`).
   */
  read(max?: number): unknown
  /** Writes, and says whether the stream takes more; when not, wait until it is writable. */
  write(chunk: Uint8Array | string): boolean
  /** Whether everything was read. */
  readonly ended: boolean
  /** What broke the stream, or null. */
  readonly error: Error | null
  /** Takes the listeners off; the stream stays as it is. */
  release(): void
}

/** What the events of a stream mean: something may be ready now. */
const CHANGES = ['readable', 'end', 'drain', 'close', 'error', 'connect'] as const

/**
 * Watches a stream or socket of Node (a Readable, a Writable or both) by its own buffers.
 *
 * Readable means: `read()` gives something, or the stream has ended or failed. Writable: the stream's buffer is below
 * its high-water mark, or the stream has ended or failed. An error of the stream counts as handled: it is in `error`.
 */
export function watchStream(stream: Readable | Writable): WatchedStream {
  return new StreamSource(stream as Readable & Writable)
}

class StreamSource implements WatchedStream {
  private readonly listeners = new Listeners()
  /** The stream said "readable" with nothing buffered: its end is there to be read. */
  private atEnd = false

  constructor(private readonly stream: Readable & Writable) {
    // Listening for "readable" is what makes a stream fill its buffer.
    if (typeof stream.read === 'function') stream.on('readable', this.noteReadable)
    for (const event of CHANGES) stream.on(event, this.listeners.call)
  }

  get ended(): boolean {
    return this.stream.readableEnded
  }

  get error(): Error | null {
    return this.stream.errored ?? null
  }

  poll(interest: Interest): Interest {
    const { stream } = this
    if (stream.destroyed || stream.errored) return interest
    return interest & ((this.readable() ? READABLE : 0) | (this.writable() ? WRITABLE : 0))
  }

  onReady(notify: () => void): () => void {
    return this.listeners.add(notify)
  }

  read(max?: number): unknown {
    // Asking for more than is buffered would wait for all of it.
    const size = max === undefined ? undefined : Math.min(max, this.stream.readableLength)
    return this.stream.read(size === 0 ? undefined : size) as unknown
  }

  write(chunk: Uint8Array | string): boolean {
    return this.stream.write(chunk)
  }

  release(): void {
    this.stream.off('readable', this.noteReadable)
    for (const event of CHANGES) this.stream.off(event, this.listeners.call)
  }

  private readable(): boolean {
    const { stream } = this
    return typeof stream.read === 'function' && (stream.readableLength > 0 || stream.readableEnded || this.atEnd)
  }

  private writable(): boolean {
    const { stream } = this
    if (typeof stream.write !== 'function') return false
    const connecting = (stream as { connecting?: boolean }).connecting === true
    return !connecting && (stream.writableEnded || !stream.writableNeedDrain)
  }

  private readonly noteReadable = (): void => {
    this.atEnd = this.stream.readableLength === 0
  }
}
