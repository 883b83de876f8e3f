/** What a reader can be asked for: each request says when it can be answered, and takes the answer. */
import { IncompleteReadError, LimitOverrunError } from '../contracts/errors.ts'
import type { ByteQueue } from '../base/byte-queue.ts'

/** A request to a reader. `ended` says that nothing more will come. */
export interface ReadRequest<T> {
  /** Whether `take` has an answer, which may be an error. */
  ready(bytes: ByteQueue, ended: boolean): boolean
  take(bytes: ByteQueue): T
}

/** Up to `count` bytes, at least one; empty at the end. */
export function upTo(count: number): ReadRequest<Buffer> {
  return {
    ready: (bytes, ended) => bytes.size > 0 || ended || count === 0,
    take: (bytes) => bytes.take(Math.min(count, bytes.size)),
  }
}

/** Everything up to the end. */
export const toTheEnd: ReadRequest<Buffer> = {
  ready: (_bytes, ended) => ended,
  take: (bytes) => bytes.take(bytes.size),
}

/** The next piece as it came, for iteration. */
export const nextChunk: ReadRequest<IteratorResult<Buffer, undefined>> = {
  ready: (bytes, ended) => bytes.size > 0 || ended,
  take: (bytes) => (bytes.size > 0 ? { done: false, value: bytes.takeChunk() } : { done: true, value: undefined }),
}

/** Exactly `count` bytes, or IncompleteReadError. */
export function exactly(count: number): ReadRequest<Buffer> {
  return {
    ready: (bytes, ended) => bytes.size >= count || ended,
    take(bytes) {
      if (bytes.size >= count) return bytes.take(count)
      throw new IncompleteReadError(bytes.take(bytes.size), count)
    },
  }
}

/**
 * Everything up to and with the separator that ends first. Without one: IncompleteReadError at the end,
 * LimitOverrunError, taking nothing, when more than `limit` bytes came before it.
 */
export class UntilSeparator implements ReadRequest<Buffer> {
  private found = -1
  /** Where what was found ends. */
  private end = -1
  /** No separator begins before this. */
  private searched = 0
  /** Length of the longest: one may have come in part. */
  private readonly longest: number

  constructor(
    private readonly separators: readonly Uint8Array[],
    private readonly limit: number,
  ) {
    this.longest = separators.reduce((most, { length }) => Math.max(most, length), 0)
  }

  ready(bytes: ByteQueue, ended: boolean): boolean {
    if (this.found < 0) this.search(bytes)
    return this.found >= 0 || this.searched > this.limit || ended
  }

  take(bytes: ByteQueue): Buffer {
    const { found, limit } = this
    if (found > limit) throw new LimitOverrunError('the separator is there, but beyond the limit', found)
    if (found >= 0) return bytes.take(this.end)
    if (this.searched > limit) throw new LimitOverrunError('no separator within the limit', this.searched)
    throw new IncompleteReadError(bytes.take(bytes.size), undefined)
  }

  private search(bytes: ByteQueue): void {
    for (const separator of this.separators) {
      if (bytes.size - this.searched < separator.length) continue
      const at = bytes.indexOf(separator, this.searched)
      const end = at + separator.length
      if (at < 0 || (this.found >= 0 && (end > this.end || (end === this.end && at < this.found)))) continue
      this.found = at
      this.end = end
    }
    if (this.found < 0) this.searched = Math.max(this.searched, bytes.size - this.longest + 1)
  }
}

/** A line with its newline; what is left at the end is a line too. */
export class NextLine extends UntilSeparator {
  constructor(limit: number) {
    super(NEWLINES, limit)
  }

  override take(bytes: ByteQueue): Buffer {
    try {
      return super.take(bytes)
    } catch (error) {
      if (error instanceof IncompleteReadError) return error.partial
      throw error
    }
  }
}

const NEWLINES = [Buffer.from('\n')]
