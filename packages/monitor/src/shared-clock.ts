/**
 * The memory that a monitor shares with its thread. One Int32 a field:
 *
 *     TICKS     the thread counts the time that it lived through; the turn compares it once a handle, which is all that
 *     a handle costs DUE       the tick at which the next heartbeat is due; the thread takes a late one for a blocked
 *     loop BEATING   1 while heartbeats are expected: not while the loop is stopped
 *     SAMPLING  1 from when the thread begins to take a stack until it has sent what came of it
 */
export const TICKS = 0
export const DUE = 1
export const BEATING = 2
export const SAMPLING = 3
const FIELDS = 4

/**
 * Ticks in a threshold: a block of just that length is measured to 10 %. More would wake the thread more often for
 * little.
 */
export const TICKS_PER_THRESHOLD = 10

/**
 * The clock's thread sleeps for a tick at a time. When it wakes a whole threshold late, and the process had next to
 * nothing of the processors meanwhile, the process as a whole stood still: that time is nobody's, and is not counted.
 * What it had is what ran until the stop, a tick at most, and this part for measuring. A busy machine gives a process
 * more than that.
 */
export const STOOD_TICKS = TICKS_PER_THRESHOLD
export const STOOD_SHARE = 1 / 20

/** Fresh memory. */
export const sharedClock = (): Int32Array =>
  new Int32Array(new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT))
