import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cancellable, LoopState, TaskLike } from './state.ts'

/**
 * Where code runs: in a task, in a scope inside a task (the body of a timeout or of a group), or on a loop outside of any.
 * What it waits for is noted there, so that a request to cancel finds it.
 */
export interface Place {
  readonly state: LoopState
  readonly task: TaskLike | null
  /** Notes that code here awaits `awaited`; delivers a cancellation that was waiting for code here to wait. */
  startWaiting(awaited: Cancellable): void
  /** Notes that the wait is over; the cancellation to throw instead of going on, or null. */
  stopWaiting(awaited: Cancellable): Error | null
}

/** The place of the code's own async context. One for all loops, so that it also says which loop code belongs to. */
export const places = new AsyncLocalStorage<Place>()
