import * as intrinsics from '../worker/intrinsics.ts'

const { Float64ArrayOf, Int32ArrayOf, SharedArrayBufferOf } = intrinsics

/**
 * The memory of one thread's way into a loop: a ring of calls, written by that thread and read by the loop's.
 *
 * A call of a few numbers, booleans, null or undefined is a few stores and, when the loop's thread has nothing to read
 * yet, one message that wakes it: ten times cheaper than a message a call. Anything else goes by message, and the ring
 * holds its place in the order. When the ring is full, everything goes by message until the loop has caught up; such
 * calls are counted.
 *
 * The arrays are declared without the kind of their buffer, which TypeScript before 5.7 does not know.
 */
export function createDoorMemory(memory?: SharedArrayBuffer) {
  /**
   * Calls that fit: at ten million calls a second, what comes in during most of a millisecond, the loop's longest
   * stretch of turns.
   */
  const RECORDS = 8192
  /** Arguments that fit a record. */
  const PRIMITIVES = 3
  /** One cache line for each control word. */
  const LINE = 16
  const CONTROL = 6 * LINE
  const buffer = memory ?? new SharedArrayBufferOf((CONTROL + 2 * RECORDS) * 4 + RECORDS * PRIMITIVES * 8)
  return {
    buffer,
    RECORDS,
    PRIMITIVES,
    MASK: RECORDS - 1,
    control: new Int32ArrayOf(buffer, 0, CONTROL) as Int32Array,
    // Indices into `control`.
    /** Calls written so far. */
    TAIL: 0,
    /** Calls read so far. */
    HEAD: LINE,
    /** 1 while a wake-up is under way. */
    BELL: 2 * LINE,
    /** 1 once the loop takes no more calls. */
    CLOSED: 3 * LINE,
    /** Calls that overflowed and were not read yet; while there are any, new ones follow them. */
    OVERFLOWING: 4 * LINE,
    /** Calls that ever overflowed. */
    OVERFLOWED: 5 * LINE,
    /** Registered callback of each record. */
    callback: new Int32ArrayOf(buffer, CONTROL * 4, RECORDS) as Int32Array,
    /** Bits 0-2: number of arguments, then 3 bits a kind for each; or BY_MESSAGE. */
    shape: new Int32ArrayOf(buffer, (CONTROL + RECORDS) * 4, RECORDS) as Int32Array,
    BY_MESSAGE: 1 << 16,
    primitives: new Float64ArrayOf(buffer, (CONTROL + 2 * RECORDS) * 4, RECORDS * PRIMITIVES) as Float64Array,
  }
}
