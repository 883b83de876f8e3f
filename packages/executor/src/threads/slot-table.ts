/**
 * The memory that a pool's thread shares with one worker: a table of task slots and two rings of slot numbers.
 *
 *   pool                                   worker
 *   fill slot, claim := QUEUED   --ring-->  claim QUEUED -> RUNNING, run, fill outcome, claim := DONE
 *   read outcome, free the slot  <--ring--
 *
 * The claim word is the heart of it. Whoever turns QUEUED into something else decides: the worker makes it RUNNING, the
 * pool REVOKED (to cancel the task or give it to another worker). So a worker may be handed many tasks ahead without
 * any of them being stuck there, and after a crash the words say exactly which tasks had started.
 *
 * Each ring has as many places as there are slots, so neither can overflow. Numbers, booleans, null and undefined
 * travel in the slot itself; everything else in one message per batch, which the slot's shape announces.
 */

/** Fits the deepest useful prefetch (2 ms of work at 2 µs a task) in 100 KiB a worker. */
export function createSlotTable(memory?: SharedArrayBuffer) {
  const SLOTS = 1024
  /** Up to this many primitive arguments travel in the slot. */
  const PRIMITIVES = 4
  // One cache line (16 words) for each control word, so that the two sides do not slow each other by writing side by
  // side.
  const LINE = 16
  const WORDS = 5 * LINE + 7 * SLOTS
  const DOUBLES = SLOTS * (PRIMITIVES + 2)
  const buffer = memory ?? new SharedArrayBuffer(WORDS * 4 + DOUBLES * 8)
  let at = 0
  const words = (count: number): Int32Array => {
    const part = new Int32Array(buffer, at, count)
    at += count * 4
    return part
  }
  const control = words(5 * LINE)
  const claim = words(SLOTS)
  const call = words(SLOTS)
  const shape = words(SLOTS)
  const outcome = words(SLOTS)
  const abort = words(SLOTS)
  const dispatched = words(SLOTS)
  const answered = words(SLOTS)
  const doubles = (count: number): Float64Array => {
    const part = new Float64Array(buffer, at, count)
    at += count * 8
    return part
  }
  return {
    buffer,
    SLOTS,
    PRIMITIVES,
    MASK: SLOTS - 1,
    control,
    // Indices into `control`.
    DISPATCH_TAIL: 0,
    ANSWER_TAIL: LINE,
    /** ASLEEP or AWAKE: whether the worker must be woken for work in the ring. */
    WORKER_STATE: 2 * LINE,
    /** 1 while a wake-up for the pool is under way. */
    POOL_BELL: 3 * LINE,
    /** Microseconds that the worker looks for work before it sleeps. */
    SPIN: 4 * LINE,
    ASLEEP: 0,
    AWAKE: 1,
    claim,
    QUEUED: 1,
    RUNNING: 2,
    DONE: 3,
    REVOKED: 4,
    /** Function to call. */
    call,
    /** Bits 0-2: number of arguments in the slot; then 3 bits a kind for each; then the flags below. */
    shape,
    /** The arguments come in a message. */
    BY_MESSAGE: 1 << 16,
    /** Some arguments are placeholders (signals, doors) that the worker must replace. */
    PLACEHOLDERS: 1 << 17,
    /** The pool may want to know the start or to interrupt the run. */
    WATCHED: 1 << 18,
    /** Buffers of the result move instead of being copied. */
    TRANSFER_RESULT: 1 << 19,
    /** Not known to be brief: answers gathered so far are sent before it runs. */
    MAY_TAKE_LONG: 1 << 20,
    outcome,
    /** An outcome that is no kind of value: the slot was revoked before its turn came. */
    SKIPPED: 5,
    /** 1 asks the running task to stop. */
    abort,
    dispatched,
    answered,
    /** PRIMITIVES numbers a slot: the arguments, then the result in the first. */
    primitives: doubles(SLOTS * PRIMITIVES),
    /** When the run started, in milliseconds of the shared monotonic clock. */
    startedAt: doubles(SLOTS),
    /** How long it ran, in milliseconds. */
    ranMs: doubles(SLOTS),
  }
}

/** The memory of one worker, with the places of everything in it. */
export type SlotTable = ReturnType<typeof createSlotTable>
