/** Bytes that arrived and were not read yet, in the pieces in which they came: taking a whole piece copies nothing. */
export class ByteQueue {
  private chunks: Buffer[] = []
  /** How many bytes there are. */
  size = 0

  /** Adds a piece at the end; it is kept, not copied. */
  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.size += chunk.length
  }

  /** Takes the oldest piece whole. There must be one. */
  takeChunk(): Buffer {
    const chunk = this.chunks.shift()!
    this.size -= chunk.length
    return chunk
  }

  /** Takes the first `count` bytes, or all when there are fewer. */
  take(count: number): Buffer {
    const first = this.chunks[0]
    if (first !== undefined && first.length >= count) return this.takeFromFirst(first, count)
    const all = this.joined()
    if (count >= this.size) {
      this.chunks = []
      this.size = 0
      return all
    }
    return this.takeFromFirst(all, count)
  }

  /** Where `separator` begins, from `from` on; -1 when it is not there. */
  indexOf(separator: Uint8Array, from: number): number {
    return this.joined().indexOf(separator, from)
  }

  /** All of it, in one piece. */
  private joined(): Buffer {
    if (this.chunks.length === 1) return this.chunks[0]!
    const all = Buffer.concat(this.chunks, this.size)
    this.chunks = [all]
    return all
  }

  private takeFromFirst(first: Buffer, count: number): Buffer {
    this.size -= count
    if (first.length === count) this.chunks.shift()
    else this.chunks[0] = first.subarray(count)
    return first.subarray(0, count)
  }
}
