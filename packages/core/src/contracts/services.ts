/**
 * What a loop can be given: a clock, an executor, a source of signals, a way in for other threads, an order. Times are
 * milliseconds, on the loop's own monotonic clock unless a name says otherwise.
 */
import type { ReadyEvents } from './selector.ts'

/** Any function, where only calling it matters. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyFunction = (...args: any[]) => any

/** A monotonic clock, in milliseconds from an arbitrary origin. */
export interface Clock {
  /** The current time in milliseconds; never decreases. */
  now(): number
}

/** Options of one submission to an executor. */
export interface SubmitOptions {
  /** Cancels the work: a queued one is removed, a running one sees the signal if its executor can carry it. */
  readonly signal?: AbortSignal
  /** Milliseconds the work may run; after that it fails with TimeoutError. */
  readonly timeout?: number
  /** A name for statistics and errors. */
  readonly name?: string
}

/**
 * Runs functions somewhere else: on threads, in processes, or inline in tests.
 *
 * `submit` returns a promise of the function's result; a promise that also has `cancel(): boolean` is cancelled when
 * the future that the loop made of it is. Which functions can be shipped is the executor's to say, at submit, with a
 * named error.
 */
export interface Executor {
  submit(
    fn: AnyFunction,
    args: readonly unknown[],
    options?: SubmitOptions,
  ): PromiseLike<unknown> & { cancel?(): boolean }
  /**
   * Stops taking work; `wait` (default true) resolves after the last piece ended, `cancelPending` drops what is queued.
   */
  shutdown(options?: { wait?: boolean; cancelPending?: boolean }): PromiseLike<void>
}

/** Delivers operating-system signals to the loop. */
export interface SignalSource {
  /** Installs `deliver` for a signal, replacing an earlier one; throws on names it does not know or cannot catch. */
  add(signal: string, deliver: () => void): void
  /** Restores the default action; false when nothing was installed. */
  remove(signal: string): boolean
  /** Removes everything. */
  close(): void
}

/**
 * The way into a loop from other threads: callbacks are registered here, and called there through an end of the door
 * that can be posted to a worker. @loop/executor has one.
 */
export interface ThreadDoor {
  /** Makes a callback callable from other threads. */
  register(name: string, callback: AnyFunction): unknown
  /** An end of the door, to be posted to a thread. */
  handle(): unknown
  close(): void
}

/**
 * Decides the orders that neither asyncio nor Node promises, for exploration of a program's interleavings.
 * Without one, ties are first-in first-out and events keep the backend's order.
 */
export interface OrderPolicy {
  /** Rank of a new timer among timers of the same deadline; lower runs first, equal ranks in order of scheduling. */
  tieRank(): number
  /** The order in which the events of one wait are handled. */
  orderEvents(events: ReadyEvents): ReadyEvents
  /**
   * The deadline that a new timer gets instead of the one it asks for; both in loop time, the answer not before `now`.
   */
  deadline?(now: number, asked: number): number
}
