/*
 * Long because it is the public face: one short method for each name of asyncio's loop, with its contract beside it.
 * What they do stands elsewhere: in the state, the driver, the registry of I/O, the executor slot, the reports.
 */
/* eslint prefer-rest-params: off -- a rest array for each callSoon would cost as much as all the rest of it */
import type { ExceptionContext, LoopObserver, LoopStatistics, Runnable, TickWatcher } from '../contracts/observe.ts'
import type { Selector, Source } from '../contracts/selector.ts'
import { READABLE, WRITABLE } from '../contracts/selector.ts'
import type { AnyFunction, Clock, Executor, SignalSource, ThreadDoor } from '../contracts/services.ts'
import {
  checkCallback,
  checkCoroutineFunction,
  checkObserver,
  checkPlainCallback,
  checkTime,
  tail,
} from '../base/checks.ts'
import { InvalidStateError, NotSupportedError } from '../base/errors.ts'
import { INSPECT } from '../base/inspection.ts'
import { ExceptionReports } from '../base/report.ts'
import { HostSelector } from '../host/host-selector.ts'
import { monotonicClock, nodeHost, wallClock } from '../host/host.ts'
import { Driver } from '../turn/driver.ts'
import { Handle, originContext, TimerHandle } from '../turn/handle.ts'
import { IoRegistry } from '../turn/io-registry.ts'
import { LoopState } from '../turn/loop-state.ts'
import { combineObservers } from '../turn/observed-turn.ts'
import { requireRunning, runningState } from '../turn/running.ts'
import { slowCallbacks } from '../turn/slow-callbacks.ts'
import type { CoroutineFunction } from '../task/awaitable.ts'
import { ensureFuture } from '../task/ensure-future.ts'
import { Future } from '../task/future.ts'
import type { Foreign } from '../task/promise-future.ts'
import { promiseFuture } from '../task/promise-future.ts'
import type { TaskOptions } from '../task/task.ts'
import { Task } from '../task/task.ts'
import { ExecutorSlot } from './executor-slot.ts'
import type { LoopOptions } from './options.ts'
import { checkLoopOptions } from './options.ts'

/** Called with every error that nobody else took. */
export type LoopExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void

/** asyncio's number. */
const SLOW_CALLBACK_MS = 100
/** One millisecond: what a Node timer may be late anyway. */
const BUDGET_MS = 1

/**
 * An event loop: asyncio's, as a guest of Node's.
 *
 * ```ts
 * const loop = new EventLoop()
 * loop.callLater(100, () => loop.stop())
 * await loop.runForever()
 * loop.close()
 * ```
 */
export class EventLoop implements Disposable {
  /** Where I/O readiness comes from. */
  readonly selector: Selector
  /** Debug mode warns of callbacks that took this many milliseconds. */
  slowCallbackMs: number
  /** @internal */
  readonly state: LoopState
  private readonly driver: Driver
  private readonly io: IoRegistry
  private readonly observers: LoopObserver[] = []
  private readonly signals: SignalSource | null
  private readonly makeDoor: ((loop: never) => ThreadDoor) | null
  private door: ThreadDoor | null = null
  private readonly executors: ExecutorSlot
  private readonly reports = new ExceptionReports<EventLoop>(this)
  private debugging: Disposable | null = null
  /** Tools that want places noted. */
  private placesWanted = 0

  constructor(options: LoopOptions = {}) {
    checkLoopOptions(options)
    const host = options.host ?? nodeHost
    this.selector = options.selector ?? new HostSelector(host)
    this.signals = options.signals ?? null
    this.makeDoor = options.door ?? null
    this.slowCallbackMs = options.slowCallbackMs ?? SLOW_CALLBACK_MS
    const report = (context: ExceptionContext): void => {
      this.callExceptionHandler(context)
    }
    this.state = new LoopState(this, this.selector, options.clock ?? monotonicClock, options.order ?? null, report)
    this.state.inContext = options.attribution !== 'handle'
    this.executors = new ExecutorSlot(this.state, options.executor ?? null)
    this.io = new IoRegistry(this.state)
    this.driver = new Driver(this.state, this.io, host, options.drain ?? 'auto', options.budgetMs ?? BUDGET_MS)
    this.debug = options.debug ?? false
  }

  // ---------------------------------------------------------------- scheduling

  /** The loop's time: milliseconds on its own monotonic clock. */
  time(): number {
    return this.state.clock.now()
  }

  /**
   * The wall clock that goes with the loop's time, in milliseconds since 1970: the system's, or the virtual one of a
   * loop in virtual time. What plans by the calendar asks this one.
   */
  get wallClock(): Clock {
    return wallClock
  }

  /** Schedules `callback(...args)` for the next turn; strictly first-in first-out. */
  callSoon<A extends unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle
  callSoon(callback: AnyFunction, only?: unknown): Handle {
    const { state } = this
    checkPlainCallback(callback, 'callSoon')
    state.checkOpen()
    const count = arguments.length - 1
    const handle = new Handle(state, callback, count, only, count > 1 ? tail(arguments, 1) : null)
    if (state.noteAll) state.noteOrigin(handle)
    state.push(handle)
    if (state.observer !== null) state.observer.scheduled?.({ kind: 'callSoon', callback, args: handle.args, handle })
    return handle
  }

  /**
   * Schedules `callback(...args)` in `delayMs` milliseconds; negative means now. Throws TypeError when it is not a
   * number.
   */
  callLater<A extends unknown[]>(delayMs: number, callback: (...args: A) => unknown, ...args: A): TimerHandle
  callLater(delayMs: number, callback: AnyFunction, only?: unknown): TimerHandle {
    checkTime(delayMs, 'the delay of callLater')
    const count = arguments.length - 2
    const when = this.state.clock.now() + delayMs
    const timer = this.schedule(when, callback, count, only, count > 1 ? tail(arguments, 2) : null)
    this.state.observer?.scheduled?.({
      kind: 'callLater',
      callback,
      args: timer.args,
      delay: delayMs,
      when,
      handle: timer,
    })
    return timer
  }

  /**
   * Schedules `callback(...args)` for the loop time `when`, in milliseconds. Throws TypeError when it is not a number.
   */
  callAt<A extends unknown[]>(when: number, callback: (...args: A) => unknown, ...args: A): TimerHandle
  callAt(when: number, callback: AnyFunction, only?: unknown): TimerHandle {
    checkTime(when, 'the time of callAt')
    const count = arguments.length - 2
    const timer = this.schedule(when, callback, count, only, count > 1 ? tail(arguments, 2) : null)
    this.state.observer?.scheduled?.({ kind: 'callAt', callback, args: timer.args, when, handle: timer })
    return timer
  }

  /** `callSoon` plus a wake-up of the loop. In this thread only; other threads go through @loop/executor's door. */
  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle {
    const handle = this.callSoon(callback, ...args)
    this.state.wake()
    return handle
  }

  /**
   * The way into this loop from other threads, made on first use: register callbacks with it, and post its `handle()`
   * to a worker. Throws NotSupportedError when the loop was made without one.
   */
  threadsafe(): ThreadDoor {
    this.state.checkOpen()
    if (this.door === null) {
      if (this.makeDoor === null) {
        throw new NotSupportedError(
          'no door for other threads is wired into this loop; pass threadsafeDoor of @loop/executor, or use @loop/runtime',
        )
      }
      this.door = this.makeDoor(this as never)
    }
    return this.door
  }

  /** Puts something that runs itself at the end of the ready queue: a handle without a handle's costs, for packages. */
  enqueue(runnable: Runnable): void {
    this.state.checkOpen()
    this.state.push(runnable)
  }

  /** A future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future<T>(this.state)
  }

  /**
   * Runs a coroutine function as a task, from the next turn on.
   * Throws TypeError for what is not a function: a promise already runs; `ensureFuture` takes those.
   */
  createTask<T>(coroutine: CoroutineFunction<T>, options?: TaskOptions): Task<T> {
    checkCoroutineFunction(coroutine, 'createTask')
    this.state.checkOpen()
    return new Task<T>(this.state, coroutine, options)
  }

  /**
   * A future over a promise of another library, or over a function that starts one and takes an AbortSignal. What
   * awaits it goes on in a handle of this loop; cancelling it takes effect at once and aborts the signal.
   *
   * ```ts
   * const response = await loop.wrap((signal) => fetch(url, { signal }))
   * ```
   */
  wrap<T>(source: Foreign<T>): Future<T> {
    return promiseFuture(this.state, source)
  }

  // ---------------------------------------------------------------- running

  /** Runs until `stop`. Throws InvalidStateError when it is already running, LoopClosedError when it was closed. */
  runForever(): Promise<void> {
    this.state.checkOpen()
    if (this.driver.running) throw new InvalidStateError('this event loop is already running')
    return this.driver.run()
  }

  /** Runs until `source` (a coroutine function, future or promise) is done and gives its result. */
  async runUntilComplete<T>(source: CoroutineFunction<T> | PromiseLike<T>): Promise<T> {
    this.state.checkOpen()
    if (this.driver.running) throw new InvalidStateError('this event loop is already running')
    const future = ensureFuture(source, this.state)
    const stop = (): void => {
      this.stop()
    }
    future.addDoneCallback(stop)
    await this.driver.run()
    future.removeDoneCallback(stop)
    if (!future.done()) throw new InvalidStateError('the event loop stopped before the future was done')
    return future.result()
  }

  /** Ends `runForever` after the turn that is running, or after one turn. */
  stop(): void {
    this.state.stopping = true
    if (this.state.sleeping) this.state.wake()
  }

  /** Whether `runForever` or `runUntilComplete` is in progress. */
  isRunning(): boolean {
    return this.driver.running
  }

  /** Whether it was closed. */
  isClosed(): boolean {
    return this.state.closed
  }

  /**
   * Drops what is scheduled, closes the selector and the signal source, and lets the default executor go. Errors of
   * tasks that nobody looked at are reported now, and so are tasks that have not ended: they never will. Closing twice
   * is allowed; closing a running loop is an InvalidStateError.
   */
  close(): void {
    if (this.driver.running) throw new InvalidStateError('a running event loop cannot be closed; stop it first')
    const { state } = this
    if (state.closed) return
    state.unseen.close()
    for (const task of state.tasks as Iterable<Task>) {
      this.callExceptionHandler({
        message: `Task was destroyed but it is pending: ${task.getName()}`,
        future: task,
        ...originContext(state, task),
      })
    }
    state.closed = true
    // A sleep that is cancelled wakes who waits for it: into a queue that is emptied then.
    for (const timer of state.timers) (timer as TimerHandle).cancel()
    state.ready.clear()
    const errors: unknown[] = []
    for (const step of [
      ...state.closers,
      () => this.door?.close(),
      () => this.signals?.close(),
      () => {
        this.selector.close()
      },
      () => {
        this.executors.release()
      },
    ]) {
      try {
        step()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const exception of errors)
      this.callExceptionHandler({ message: 'Exception while the event loop was closed', exception })
  }

  /**
   * Ends the loop as a crash ends a process: nothing of it runs on, no `finally` either, nothing is cleaned up or
   * reported, and whoever ran it never hears of the end. Also from inside of its own turn. For simulated hosts.
   * @internal
   */
  abandon(): void {
    this.driver.abandon()
    this.state.abandon()
  }

  /** Has `callback` called when the loop is closed; dispose of what it returns to take that back. */
  onClose(callback: () => void): Disposable {
    const { closers } = this.state
    closers.add(callback)
    return {
      [Symbol.dispose]: () => {
        closers.delete(callback)
      },
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Prints `EventLoop(running, epoll)`: its state and its selector. */
  [INSPECT](): string {
    const state = this.isClosed() ? 'closed' : this.isRunning() ? 'running' : 'stopped'
    return `EventLoop(${state}, ${this.selector.name})`
  }

  // ---------------------------------------------------------------- I/O

  /** Calls `callback(...args)` in each turn in which `source` is readable; replaces an earlier reader of it. */
  addReader<A extends unknown[]>(source: Source, callback: (...args: A) => unknown, ...args: A): void {
    checkPlainCallback(callback, 'addReader')
    this.state.checkOpen()
    this.io.add(source, READABLE, callback, args)
  }

  /** Stops watching for reading; false when nothing did. */
  removeReader(source: Source): boolean {
    return this.io.remove(source, READABLE)
  }

  /** Calls `callback(...args)` in each turn in which `source` is writable; replaces an earlier writer of it. */
  addWriter<A extends unknown[]>(source: Source, callback: (...args: A) => unknown, ...args: A): void {
    checkPlainCallback(callback, 'addWriter')
    this.state.checkOpen()
    this.io.add(source, WRITABLE, callback, args)
  }

  /** Stops watching for writing; false when nothing did. */
  removeWriter(source: Source): boolean {
    return this.io.remove(source, WRITABLE)
  }

  // ---------------------------------------------------------------- executors and signals

  /**
   * Runs `fn(...args)` on an executor, null for the default one, and gives a future of the result.
   * Throws NotSupportedError when no default executor is wired.
   */
  runInExecutor<A extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R | PromiseLike<R>,
    ...args: A
  ): Future<R> {
    this.state.checkOpen()
    return this.executors.submit<R>(executor, fn, args)
  }

  /** Replaces the default executor; the earlier one is left to whoever made it. */
  setDefaultExecutor(executor: Executor): void {
    this.executors.set(executor)
  }

  /** Shuts the default executor down and waits for its work, at most `timeoutMs` milliseconds when given. */
  shutdownDefaultExecutor(timeoutMs?: number): Promise<void> {
    return this.executors.shutdown(timeoutMs)
  }

  /** Runs `callback(...args)` as a handle whenever the process receives `signal`; replaces an earlier handler. */
  addSignalHandler<A extends unknown[]>(signal: string, callback: (...args: A) => unknown, ...args: A): void {
    checkCallback(callback, 'addSignalHandler')
    if (/^(Async|Async ?Generator|Generator)Function$/.test(callback.constructor.name)) {
      throw new TypeError('a signal handler is a plain function; set an Event in it that a task waits for')
    }
    this.state.checkOpen()
    this.signalSource().add(signal, () => {
      if (!this.state.closed) this.callSoonThreadsafe(callback, ...args)
    })
  }

  /** Restores the default action of `signal`; false when it had no handler. */
  removeSignalHandler(signal: string): boolean {
    return this.signalSource().remove(signal)
  }

  // ---------------------------------------------------------------- errors

  /** Sets who hears of errors that nobody else takes; null for the default, which prints them. */
  setExceptionHandler(handler: LoopExceptionHandler | null): void {
    if (handler !== null) checkCallback(handler, 'setExceptionHandler')
    this.reports.handler = handler
  }

  /** The handler in force, or null for the default. */
  getExceptionHandler(): LoopExceptionHandler | null {
    return this.reports.handler
  }

  /**
   * Prints the report to standard error; what hears of errors while no handler is set, so that a subclass can override
   * it.
   */
  defaultExceptionHandler(context: ExceptionContext): void {
    this.reports.print(context)
  }

  /** Hands an error to the handler in force; an error of the handler itself is printed. */
  callExceptionHandler(context: ExceptionContext): void {
    this.reports.report(context)
  }

  // ---------------------------------------------------------------- observation

  /** Whether debug mode is on; can be set at any time. */
  get debug(): boolean {
    return this.debugging !== null
  }

  set debug(on: boolean) {
    if (on === this.debug) return
    this.state.noteAll = on
    this.keepOrigins()
    this.debugging?.[Symbol.dispose]()
    this.debugging = on ? this.addObserver(slowCallbacks(this.state, () => this.slowCallbackMs)) : null
  }

  /**
   * Notes where tasks and futures are made, and so where tasks wait, without debug mode: up to a thousand places a
   * second, so that it costs a busy loop a hundredth of its time at most. Dispose of what it returns to stop.
   */
  notePlaces(): Disposable {
    this.placesWanted++
    this.keepOrigins()
    let stopped = false
    return {
      [Symbol.dispose]: () => {
        if (stopped) return
        stopped = true
        this.placesWanted--
        this.keepOrigins()
      },
    }
  }

  private keepOrigins(): void {
    const { state } = this
    if (!state.noteAll && this.placesWanted === 0) state.origins = null
    else state.origins ??= new WeakMap()
  }

  /** Adds an observer; dispose of what it returns to remove it. */
  addObserver(observer: LoopObserver): Disposable {
    checkObserver(observer)
    this.observers.push(observer)
    this.combine()
    return {
      [Symbol.dispose]: () => {
        const index = this.observers.indexOf(observer)
        if (index >= 0) this.observers.splice(index, 1)
        this.combine()
      },
    }
  }

  /** Notifies `watcher` of handles during which its clock moved; one at a time, null for none. For monitors. */
  watchTicks(watcher: TickWatcher | null): void {
    if (watcher !== null && this.state.watcher !== null)
      throw new InvalidStateError('another monitor watches this loop already')
    this.state.watcher = watcher
  }

  /** What the loop is doing and has done. */
  statistics(): LoopStatistics {
    const { state } = this
    return Object.freeze({
      turns: state.turns,
      handles: state.handles,
      events: state.events,
      timersFired: state.timersFired,
      ready: state.ready.length,
      timers: state.timers.size,
      tasks: state.tasks.size,
      sources: this.io.size,
      promises: state.promises,
      selector: this.selector.name,
      drain: this.driver.drainName,
    })
  }

  private schedule(
    when: number,
    callback: AnyFunction,
    count: number,
    only: unknown,
    rest: readonly unknown[] | null,
  ): TimerHandle {
    const { state } = this
    checkPlainCallback(callback, 'a timer')
    state.checkOpen()
    const timer = new TimerHandle(state, when, callback, count, only, rest)
    if (state.noteAll) state.noteOrigin(timer)
    state.addTimer(timer)
    return timer
  }

  private combine(): void {
    this.state.observer = combineObservers(this.observers, (exception) => {
      this.callExceptionHandler({ message: 'Exception in a loop observer', exception })
    })
  }

  private signalSource(): SignalSource {
    if (this.signals === null) {
      throw new NotSupportedError(
        'no signals are wired into this loop; install @loop/signals and pass its source, or use @loop/runtime',
      )
    }
    return this.signals
  }
}

/** The loop that is running here. Throws InvalidStateError when none is. */
export function getRunningLoop(): EventLoop {
  return requireRunning('getRunningLoop()').owner as EventLoop
}

/** The loop that is running here, or null: for libraries that also work outside loops. */
export function runningLoop(): EventLoop | null {
  return (runningState()?.owner as EventLoop | undefined) ?? null
}
