/**
 * What arrived lies in the slab, which the next take rewrites; what handlers may keep is copied out of it.
 *
 * A handler's bytes are its own: no other connection's can be reached through their `buffer`, and keeping a message
 * keeps at most four times its size in memory. What that costs depends on the size:
 *
 *   to 64 bytes     V8 keeps the bytes in its heap; as cheap as a view of a shared block (35 to 65 ns)
 *   to 1,024        memory of its own costs 0.4 to 1 microsecond, a tenth to a fifth of an echo; so three messages of
 *   like
 *                   size of one connection share one buffer, which costs about 5 %
 *   above           memory of its own; about 5 % at 16 KiB, against blocks that all connections share
 */
import { markAsUntransferable } from 'node:worker_threads'
import type { NativeBinding, NativeEngine } from '../binding.ts'
import { SystemError } from '../errors.ts'

/** The longest bytes that V8 keeps in its heap (`typed_array_max_size_in_heap`). */
const IN_HEAP = 64
/** The longest message that shares a buffer: an idle connection holds at most three of them. */
const SHARED_MAX = 1024
/** Messages of one size that share a buffer. */
const SHARED = 3
/** The most that one kept message may keep, in its own sizes. */
const KEPT = 4

/** The slab of one engine as JavaScript sees it. */
export class Received {
  private slab: Buffer

  constructor(
    private readonly native: NativeBinding,
    private readonly engine: NativeEngine,
  ) {
    this.slab = this.view()
  }

  /** Bytes in the slab; good until the next take. */
  window(offset: number, length: number): Buffer {
    // A handler can detach what it is lent; the memory is the addon's, so nothing is lost.
    if (this.slab.length === 0) this.slab = this.view()
    return Buffer.from(this.slab.buffer, offset, length)
  }

  /** A copy to keep; in memory that messages of `owner` share, where that saves something. */
  copy(offset: number, length: number, owner?: MessageOwner): Buffer {
    const { slab } = this
    if (length > IN_HEAP || slab.length === 0) {
      const window = this.window(offset, length)
      if (owner === undefined || length > SHARED_MAX) return copyOf(window)
      return (owner.messages ??= new SharedMessages()).copy(window)
    }
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) bytes[i] = slab[offset + i]!
    return bytes
  }

  private view(): Buffer {
    const buffer = this.native.slab(this.engine)
    if (typeof buffer === 'number') throw new SystemError(buffer, 'buffer over memory of the addon')
    return Buffer.from(buffer)
  }
}

/** Whose messages may share buffers. */
export interface MessageOwner {
  messages: SharedMessages | undefined
}

/** Buffers that the messages of one connection share. */
export class SharedMessages {
  private buffer: ArrayBuffer | null = null
  private used = 0
  private last = 0

  copy(window: Uint8Array): Buffer {
    const { length } = window
    let { buffer } = this
    // Of a buffer that was detached nothing is left.
    if (buffer === null || this.used + length > buffer.byteLength || buffer.byteLength > KEPT * length) {
      const { last } = this
      this.last = length
      if (length > 2 * last || length < last / 2) return copyOf(window)
      buffer = this.buffer = new ArrayBuffer(SHARED * aligned(length))
      // Moved to another thread with one message, it would take the others along.
      markAsUntransferable(buffer)
      this.used = 0
    }
    const bytes = Buffer.from(buffer, this.used, length)
    this.used += aligned(length)
    bytes.set(window)
    return bytes
  }
}

/** A copy in memory of its own; Buffer.from would put it into the pool that Node's small buffers share. */
function copyOf(window: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(window.length)
  bytes.set(window)
  return bytes
}

function aligned(length: number): number {
  return (length + 7) & ~7
}
