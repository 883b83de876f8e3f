/** What a loop shows of itself: to observers, monitors and exception handlers. Times are milliseconds. */
import type { AnyFunction } from './services.ts'

/** Something a turn runs: a handle, a task's step, a future's wake-up. */
export interface Runnable {
  /** Runs it; never throws. */
  run(): void
}

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
