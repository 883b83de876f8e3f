/**
 * What the parts of Loop promise each other.
 *
 * Everything above core (selectors, executors, signals, observers) is written against this file alone; core knows no
 * implementation. Times are milliseconds, on the loop's own monotonic clock unless a name says otherwise.
 */

import type { StreamIo } from './stream-io.ts'

// ---------------------------------------------------------------- clock

/** A monotonic clock, in milliseconds from an arbitrary origin. */
export interface Clock {
  /** The current time in milliseconds; never decreases. */
  now(): number
}

// ---------------------------------------------------------------- selectors

/** What a caller wants to know about a source: bit 1 = readable, bit 2 = writable. */
export type Interest = number
/** The source has something to read, or has ended or failed. */
export const READABLE = 1
/** The source takes a write without blocking, or has failed. */
export const WRITABLE = 2

/**
 * Anything whose readiness TypeScript can ask for: an in-memory pipe, a message port, a socket's buffers.
 *
 * `poll` answers at once with the part of `interest` that is ready. `onReady`, when present, calls `notify` after every
 * change that may have made the source ready and returns the function that stops it; such a source costs nothing idle.
 */
export interface Pollable {
  poll(interest: Interest): Interest
  onReady?(notify: () => void): () => void
}

/** What can be registered with a selector: a file descriptor or a pollable object. */
export type Source = number | Pollable

/** Names one registration; the caller chooses it, the selector hands it back with every event. */
export type Token = number

/** One ready registration: which, and the part of its interest that is ready. */
export interface ReadyEvent {
  readonly token: Token
  readonly ready: Interest
  /**
   * For completion-style backends: runs the I/O that is ready, as one handle of the coming turn; what it throws is
   * reported.
   */
  run?(): void
}

/** The events of one wait, in the order the backend saw them. */
export type ReadyEvents = readonly ReadyEvent[]

/** What a selector can do; everything else answers with a NotSupportedError that names the selector. */
export interface SelectorSupports {
  /** File descriptors can be registered. */
  readonly fd: boolean
  /** {@link Pollable} objects can be registered. */
  readonly pollable: boolean
  /** The selector also carries batched stream I/O (`streams` is set). */
  readonly streams: boolean
  /** `wait` may block the thread instead of arming a host timer. */
  readonly blocking: boolean
}

/**
 * The contract of an I/O backend.
 *
 * Rules:
 * - `wait` arms one wait and returns; it never blocks Node's thread. `deliver` is called exactly once per `wait`, from
 *   a macrotask of the host (never from inside `wait`, never from a microtask), after `timeoutMs`, an event or a
 *   `wake`; early is allowed, and an empty list is a valid answer. `null` means no time limit; 0 means as soon as the
 *   host has looked at its own I/O.
 * - A second `wait` before the first delivered is an error of the caller. `close` during a wait cancels it: `deliver`
 *   is not called any more.
 * - `wake` ends the current wait early; with none armed, the next one. Calls merge into one.
 * - An armed wait keeps the process alive.
 * - Registering a source or token twice is an InvalidStateError; `modify` of an unknown token too; `unregister` of one
 *   answers false. A source that is not supported is a NotSupportedError.
 * - No event is delivered for a token after its `unregister` returned.
 */
export interface Selector {
  /** What the backend is, as shown to people: "host", "poll", "epoll", "kqueue", "uv", "io_uring", "memory". */
  readonly name: string
  readonly supports: SelectorSupports
  register(source: Source, interest: Interest, token: Token): void
  modify(token: Token, interest: Interest): void
  unregister(token: Token): boolean
  wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void
  wake(): void
  close(): void
  /** The events that are ready right now, without waiting; asked between turns that run back to back. */
  poll?(): ReadyEvents
  /**
   * As `poll`, for selectors that ask the system cheaply: asked after a turn that served several events, before the
   * loop waits. Their answers are on their way then, and the next are often there before the host has been round once.
   */
  again?(): ReadyEvents
  /** What is registered, for people and tools. */
  registered?(): readonly Registration[]
  /** Batched stream I/O, when `supports.streams`. */
  readonly streams?: StreamIo
}

/** One registration as introspection shows it. */
export interface Registration {
  readonly token: Token
  readonly source: Source
  readonly interest: Interest
}

// ---------------------------------------------------------------- executors and signals

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

// ---------------------------------------------------------------- handles

/** Any function, where only calling it matters. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyFunction = (...args: any[]) => any

/** Something a turn runs: a handle, a task's step, a future's wake-up. */
export interface Runnable {
  /** Runs it; never throws. */
  run(): void
}

// ---------------------------------------------------------------- errors and reports

/** What reaches the loop's exception handler; asyncio's context dictionary. */
export interface ExceptionContext {
  /** What happened, in a sentence. */
  readonly message: string
  /** What was thrown, if anything was. */
  readonly exception?: unknown
  /** The handle whose callback threw. */
  readonly handle?: unknown
  /** The task or future concerned. */
  readonly future?: unknown
  /** Where the handle or task was scheduled; in debug mode. */
  readonly sourceTraceback?: string
  readonly [detail: string]: unknown
}

// ---------------------------------------------------------------- observation

/** What one turn did. */
export interface TurnInfo {
  /** Number of the turn, from 1. */
  readonly turn: number
  /** I/O events taken from the selector. */
  readonly events: number
  /** Timers that were due. */
  readonly timers: number
  /** Handles run. */
  readonly handles: number
  /** The wait that follows: 0, milliseconds, or null until woken. */
  readonly wait: number | null
}

/** Something that was scheduled, as an observer sees it. */
export interface ScheduledInfo {
  readonly kind: 'callSoon' | 'callLater' | 'callAt'
  readonly callback: AnyFunction
  readonly args: readonly unknown[]
  /** Milliseconds, for callLater. */
  readonly delay?: number
  /** Loop time in milliseconds, for callLater and callAt. */
  readonly when?: number
  /** The handle returned. */
  readonly handle: object
}

/**
 * Watches a loop; every member is optional and costs one check when absent.
 *
 * Members run inside the loop: they must be quick and must not throw (what they throw goes to the exception handler).
 */
export interface LoopObserver {
  scheduled?(info: ScheduledInfo): void
  turnStarted?(turn: number): void
  turnEnded?(info: TurnInfo): void
  /** Around each handle or task step; `durationMs` covers the microtasks that ran before the next one. */
  handleStarted?(runnable: Runnable): void
  handleEnded?(runnable: Runnable, durationMs: number): void
  taskCreated?(task: object): void
  taskDone?(task: object): void
}

/**
 * A clock that another thread advances in shared memory, and who hears of each handle during which it moved.
 * So a monitor learns which handle held the loop at the price of one memory read a handle.
 */
export interface TickWatcher {
  /** Element 0 counts up as time passes. */
  readonly ticks: Int32Array
  /** `runnable` and its microtasks took `passed` ticks, at least one. Must not throw. */
  ticked(runnable: Runnable, passed: number): void
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

/** What a loop is doing and has done; a frozen snapshot. */
export interface LoopStatistics {
  /** Turns begun. */
  readonly turns: number
  /** Handles, task steps and wake-ups run. */
  readonly handles: number
  /** I/O events taken. */
  readonly events: number
  /** Timers that came due. */
  readonly timersFired: number
  /** Entries in the ready queue now. */
  readonly ready: number
  /** Timers waiting now, cancelled ones not counted. */
  readonly timers: number
  /** Tasks not done now. */
  readonly tasks: number
  /** Sources registered now. */
  readonly sources: number
  /** Promises of other libraries that futures of this loop wait for. */
  readonly promises: number
  /** Name of the selector. */
  readonly selector: string
  /** Which way microtasks are drained between handles; 'unprobed' before the first turn. */
  readonly drain: string
}
