/**
 * Where received bytes lie, and the views of them that handlers get.
 *
 * The addon puts data side by side into blocks that are never rewritten, so that a message costs one view and no
 * allocation of its own; a block is freed by garbage collection when nobody holds a view of it. This object gives the
 * addon a fresh block when one is nearly used up.
 */
import type { NativeBinding, NativePort } from './binding.ts'
import { Kind, LARGE_BLOCK, LARGE_RESERVATION, READ_MAX, SMALL_BLOCK, SMALL_MAX } from './layout.ts'

/** A small block is replaced when fewer of the largest small messages than this fit: a quarter of it, lest batches be cut. */
const SMALL_RESERVE = 4 * SMALL_MAX
/** A large block is replaced when less than this fits: two reads. */
const LARGE_RESERVE = 2 * READ_MAX

export class Received {
  private small: Uint8Array
  private large: Uint8Array | null = null
  private smallUsed = 0
  private largeUsed = 0

  constructor(
    private readonly native: NativeBinding,
    private readonly port: NativePort,
    private readonly slab: Uint8Array,
  ) {
    this.small = this.provideSmall()
  }

  /** The bytes of a data event. */
  view(kind: number, offset: number, length: number, borrow: boolean): Uint8Array {
    if (kind === Kind.dataSmall) {
      this.smallUsed = offset + length
      return Buffer.from(this.small.buffer, offset, length)
    }
    if (kind === Kind.dataLarge) {
      this.largeUsed = offset + length
      return Buffer.from(this.large!.buffer, offset, length)
    }
    const window = Buffer.from(this.slab.buffer, offset, length)
    return borrow ? window : this.keep(window)
  }

  /** A copy to keep, of bytes in the slab. */
  keep(window: Uint8Array): Uint8Array {
    if (window.length > SMALL_MAX && this.large === null) this.large = this.provideLarge()
    return Buffer.from(window)
  }

  /** After the events of a take were turned into views: replaces blocks that are nearly used up. */
  replenish(): void {
    if (this.smallUsed > SMALL_BLOCK - SMALL_RESERVE) this.small = this.provideSmall()
    if (this.largeUsed > LARGE_BLOCK - LARGE_RESERVE) this.large = this.provideLarge()
  }

  private provideSmall(): Uint8Array {
    const block = Buffer.allocUnsafeSlow(SMALL_BLOCK)
    this.native.provide(this.port, 0, block)
    this.smallUsed = 0
    return block
  }

  /**
   * V8 collects young array buffers when 32 MiB of them were allocated, by their sizes, touched or not. Blocks that are
   * reserved four times as large therefore come back after 8 MiB of data instead of 32, and their memory is still in a
   * near cache. Measured at 16 KiB messages: 6.6 to 7.0 microseconds each instead of 8.3 to 8.8; twice as large: 7.5.
   */
  private provideLarge(): Uint8Array {
    const block = Buffer.from(Buffer.allocUnsafeSlow(LARGE_RESERVATION).buffer, 0, LARGE_BLOCK)
    this.native.provide(this.port, 1, block)
    this.largeUsed = 0
    return block
  }
}
