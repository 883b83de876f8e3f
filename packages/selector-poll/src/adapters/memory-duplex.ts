import type { Pollable } from '@loop/core'
import type { Interest } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import { BrokenPipeError } from '../errors.ts'
import { Listeners } from './listeners.ts'

/** As a pipe of Linux holds. */
const CAPACITY = 64 * 1024

/** Options of {@link memoryDuplex}. */
export interface MemoryDuplexOptions {
  /** Bytes that each direction holds before its writer has to wait; default 64 KiB. */
  readonly capacity?: number
}

/**
 * One end of a two-way pipe in memory. Each direction follows this grammar:
 *
 *     (write | read)* end read* close
 */
export interface MemoryEnd extends Pollable {
  onReady(notify: () => void): () => void
  /**
   * Puts in as many of the bytes as fit, copied, and says how many. Throws BrokenPipeError when the other end was
   * closed, InvalidStateError after `end`.
   */
  write(bytes: Uint8Array): number
  /** Takes out what is there, at most `max` bytes: null when there is nothing yet, an empty array at the end. */
  read(max?: number): Uint8Array | null
  /** Ends the writing side; the other end reads what is left, and then the end. Repeatable. */
  end(): void
  /** Closes both sides and drops what was not read. Repeatable. */
  close(): void
}

/**
 * A two-way pipe in memory, for tests and for parts of one program that talk in bytes.
 *
 * ```ts
 * const [left, right] = memoryDuplex()
 * left.write(Buffer.from('hello'))
 * loop.addReader(right, () => print(right.read()))
 * ```
 */
export function memoryDuplex(options: MemoryDuplexOptions = {}): [MemoryEnd, MemoryEnd] {
  const { capacity = CAPACITY } = options
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new RangeError(`a capacity is a whole number of bytes from 1, got ${capacity}`)
  const there = new Direction(capacity)
  const back = new Direction(capacity)
  return [new End(there, back), new End(back, there)]
}

/** The bytes under way in one direction. */
class Direction {
  readonly chunks: Uint8Array[] = []
  size = 0
  /** Nothing more will be written. */
  ended = false
  /** Nothing more will be read. */
  broken = false
  readonly reader = new Listeners()
  readonly writer = new Listeners()

  constructor(readonly capacity: number) {}

  take(max: number): Uint8Array {
    const taken = new Uint8Array(Math.min(max, this.size))
    for (let at = 0; at < taken.length;) {
      const first = this.chunks[0]!
      const part = first.subarray(0, taken.length - at)
      taken.set(part, at)
      at += part.length
      if (part.length === first.length) this.chunks.shift()
      else this.chunks[0] = first.subarray(part.length)
    }
    this.size -= taken.length
    return taken
  }

  drop(): void {
    this.chunks.length = 0
    this.size = 0
  }
}

class End implements MemoryEnd {
  private closed = false

  constructor(
    private readonly outgoing: Direction,
    private readonly incoming: Direction,
  ) {}

  poll(interest: Interest): Interest {
    const { outgoing, incoming } = this
    const readable = this.closed || incoming.size > 0 || incoming.ended
    // A broken direction takes writes at once, by refusing them.
    const writable = this.closed || outgoing.broken || (!outgoing.ended && outgoing.size < outgoing.capacity)
    return interest & ((readable ? READABLE : 0) | (writable ? WRITABLE : 0))
  }

  onReady(notify: () => void): () => void {
    const stopReader = this.incoming.reader.add(notify)
    const stopWriter = this.outgoing.writer.add(notify)
    return () => {
      stopReader()
      stopWriter()
    }
  }

  write(bytes: Uint8Array): number {
    const { outgoing } = this
    if (this.closed || outgoing.ended)
      throw new InvalidStateError('this end of the pipe was ended; nothing can be written')
    if (outgoing.broken) throw new BrokenPipeError('the other end of the pipe is closed; nobody will read this')
    // Not slice: a Buffer's would share the memory.
    const taken = new Uint8Array(bytes.subarray(0, outgoing.capacity - outgoing.size))
    if (taken.length === 0) return 0
    outgoing.chunks.push(taken)
    outgoing.size += taken.length
    outgoing.reader.call()
    return taken.length
  }

  read(max = Infinity): Uint8Array | null {
    const { incoming } = this
    if (!(max > 0)) throw new RangeError(`read takes a positive number of bytes, got ${max}`)
    if (this.closed) throw new InvalidStateError('this end of the pipe was closed; nothing can be read')
    if (incoming.size === 0) return incoming.ended ? new Uint8Array(0) : null
    const taken = incoming.take(max)
    incoming.writer.call()
    return taken
  }

  end(): void {
    if (this.outgoing.ended) return
    this.outgoing.ended = true
    this.outgoing.reader.call()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.end()
    this.incoming.broken = true
    this.incoming.drop()
    this.incoming.writer.call()
  }
}
