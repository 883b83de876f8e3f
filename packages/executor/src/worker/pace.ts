/** How often a worker does what is not a task, the same in threads and processes. */

/** Oldest answer that may wait for company before it is sent, in milliseconds: twice a thread's wake-up time. */
export const BATCH_MS = 0.05
/** Longest stretch of tasks, in milliseconds, before the worker's own event loop gets a look: unnoticeable for timers. */
export const SLICE_MS = 4
/** How often the heap is looked at, in milliseconds; a look takes some microseconds. */
export const HEAP_MS = 20
