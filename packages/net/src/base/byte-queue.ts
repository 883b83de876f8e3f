/**
 * Bytes that wait, in the pieces in which they came: to be read, or to be sent. Taking a whole piece copies nothing,
 * and every operation costs time in proportion to the bytes that it is about, however many pieces there are.
 *
 *     chunks   [ read | first | … | last ]        a small piece is copied behind a small last one
 *                      ^ head
 *
 * Small pieces that wait together are joined, and a small part of a large piece is copied when it is taken: each would
 * cost a program that keeps it, or a peer that sends byte by byte, the whole block of memory that it lies in.
 */

/**
 * Pieces below it are joined, parts up to it copied: Node's pool serves less than half of its 8 KiB without a new
 * block.
 */
const SMALL = 2048

export class ByteQueue {
  private readonly chunks: Buffer[] = []
  /** Index of the oldest piece; what is before it was taken. */
  private head = 0
  /** Bytes of our own memory behind the last piece. */
  private room = 0
  /** How many bytes there are. */
  size = 0

  /** Adds a piece at the end; a large one is kept, not copied. */
  push(chunk: Buffer): void {
    this.add(chunk, true)
  }

  /** Adds a copy of bytes that stay the caller's. */
  append(bytes: Uint8Array): void {
    this.add(bytes, false)
  }

  /** Forgets all. */
  clear(): void {
    this.chunks.length = this.head = this.room = this.size = 0
  }

  /** Takes the oldest piece whole. There must be one. */
  takeChunk(): Buffer {
    if (this.head === this.chunks.length - 1) this.trimLast()
    const chunk = this.chunks[this.head]!
    this.size -= chunk.length
    this.dropFirst()
    return chunk
  }

  /** Takes the first `count` bytes, or all when there are fewer. */
  take(count: number): Buffer {
    const wanted = Math.min(count, this.size)
    if (wanted === 0) return NOTHING
    const length = this.lengthOf(this.head)
    if (length === wanted) return this.takeChunk()
    if (length > wanted && wanted >= SMALL) return this.splitFirst(wanted)
    const taken = Buffer.allocUnsafe(wanted)
    for (let filled = 0; filled < wanted;) {
      const left = wanted - filled
      const part = this.lengthOf(this.head) <= left ? this.takeChunk() : this.splitFirst(left)
      taken.set(part, filled)
      filled += part.length
    }
    return taken
  }

  /** Where `wanted` begins, from `from` on; -1 when it is not there. */
  indexOf(wanted: Uint8Array, from: number): number {
    const overlap = wanted.length - 1
    let [index, start] = this.locate(from)
    /** The last bytes before the current piece: a match may begin in them. */
    let before: Buffer = NOTHING
    for (; index < this.chunks.length; index++) {
      const length = this.lengthOf(index)
      const skipped = Math.max(0, from - start)
      const chunk = this.chunks[index]!
      if (before.length > 0) {
        const across = Buffer.concat([before, chunk.subarray(skipped, Math.min(skipped + overlap, length))]).indexOf(
          wanted,
        )
        if (across >= 0) return start + skipped - before.length + across
      }
      const inside = find(wanted, chunk, skipped, length)
      if (inside >= 0) return start + inside
      if (overlap > 0 && index < this.chunks.length - 1) {
        const rest = chunk.subarray(Math.max(skipped, length - overlap), length)
        before = rest.length === overlap ? rest : Buffer.concat([before, rest]).subarray(-overlap)
      }
      start += length
    }
    return -1
  }

  private add(chunk: Uint8Array, keep: boolean): void {
    const { length } = chunk
    this.size += length
    if (length <= this.room) {
      const last = this.chunks[this.chunks.length - 1]!
      const end = last.length - this.room
      if (length === 1) last[end] = chunk[0]!
      else last.set(chunk, end)
      this.room -= length
      return
    }
    this.trimLast()
    if (length >= SMALL || this.head === this.chunks.length) {
      this.chunks.push(keep ? (chunk as Buffer) : Buffer.from(chunk))
      return
    }
    const own = Buffer.allocUnsafe(SMALL)
    own.set(chunk)
    this.chunks.push(own)
    this.room = SMALL - length
  }

  /** The piece that holds the byte at `position`, and where it begins; counted from the nearer end. */
  private locate(position: number): [index: number, start: number] {
    let index = this.head
    let start = 0
    if (position <= this.size / 2) {
      while (index < this.chunks.length && start + this.lengthOf(index) <= position) start += this.lengthOf(index++)
      return [index, start]
    }
    index = this.chunks.length
    start = this.size
    while (start > position) start -= this.lengthOf(--index)
    return [index, start]
  }

  private lengthOf(index: number): number {
    const { length } = this.chunks[index]!
    return index === this.chunks.length - 1 ? length - this.room : length
  }

  /** Gives up the room behind the last piece. */
  private trimLast(): void {
    if (this.room === 0) return
    const last = this.chunks.length - 1
    this.chunks[last] = this.chunks[last]!.subarray(0, this.lengthOf(last))
    this.room = 0
  }

  private splitFirst(count: number): Buffer {
    const first = this.chunks[this.head]!
    this.size -= count
    this.chunks[this.head] = first.subarray(count)
    return first.subarray(0, count)
  }

  private dropFirst(): void {
    this.chunks[this.head++] = NOTHING
    if (this.head === this.chunks.length) {
      this.chunks.length = this.head = 0
    } else if (this.head > FORGET && this.head * 2 > this.chunks.length) {
      this.chunks.splice(0, this.head)
      this.head = 0
    }
  }
}

/** Where `wanted` begins between `from` and `end` of `chunk`; -1 when it is not there. */
function find(wanted: Uint8Array, chunk: Buffer, from: number, end: number): number {
  if (end - from < wanted.length) return -1
  // A call into Node costs more than looking at a byte.
  if (end - from === 1) return chunk[from] === wanted[0] ? from : -1
  const at = chunk.subarray(from, end).indexOf(wanted)
  return at < 0 ? -1 : from + at
}

const NOTHING = Buffer.alloc(0)
/** Taken pieces that may stay in the list before it is shortened; each shortening moves no more than it drops. */
const FORGET = 64
