/**
 * An orderly end from the first signal on, in phases:
 *
 *     signal ─> stop accepting ─> drain ─> cancel tasks ─> close ─> done
 *                    └── all the time passed, or second signal: report what did not end, exit with 128 + the signal's number
 *
 * The phases run in a task of their own, whether or not anybody waits for them: a signal that comes while the program
 * starts is a signal. Each has a limit; what does not end by then is passed over, and has until the end of all the time.
 */
import process from 'node:process'
import { allTasks, CancelledError, coroutine, currentTask, getRunningLoop, messageOf, wait } from '@loop/core'
import type { Awaitable, Coroutine, EventLoop, Future, Task, TimerHandle } from '@loop/core'
import { asleepUntil, awaitedBy } from './awaiting.ts'
import { ShutdownForcedError } from './errors.ts'
import { exitCodeOf } from './exit-code.ts'
import { HttpRequests } from './http-requests.ts'
import type { PartLimits } from './parts.ts'
import { stepsOf } from './parts.ts'
import type { PhaseLimits } from './phases.ts'
import { Timetable } from './phases.ts'
import { Reloads } from './reloads.ts'
import type { ShutdownFailure, ShutdownPhase, ShutdownReport, UnfinishedWork } from './shutdown-report.ts'
import { formatReport, unfinishedTask, waitsFor } from './shutdown-report.ts'
import type { Step, SteppedPhase } from './steps.ts'
import { step, Steps } from './steps.ts'
import { endQuietlyOn } from './uncaught.ts'

/** Where a shutdown tells what it does; `console` fits. */
export interface ShutdownLogger {
  info(message: string): void
  error(message: string): void
}

/** Options of {@link gracefulShutdown}. */
export interface GracefulShutdownOptions {
  /** The signals that begin it; SIGINT and SIGTERM by default. */
  readonly signals?: readonly string[]
  /** Milliseconds for all phases together, from the first signal on; 10,000 by default, which is what Docker waits before it kills. */
  readonly timeout?: number
  /** Milliseconds for single phases; those without a limit share the rest of `timeout`. */
  readonly limits?: PhaseLimits
  /** Called at each of the signals, with how many there have been. */
  readonly onSignal?: (signal: string, count: number) => void
  /** Called when it is cut, before the process exits. */
  readonly onTimeout?: (report: ShutdownReport) => void
  /** Called at SIGHUP; calls follow one another, also when they take time. A function of either coroutine form. */
  readonly onReload?: () => unknown
  /**
   * Hears of phases and failures. By default only a report that nobody else gets is told, by `console.error`: what did not
   * end when the shutdown was cut, or when no task was in `wait`.
   */
  readonly logger?: ShutdownLogger
  /** Ends the process when the shutdown is forced; `process.exit` by default. */
  readonly exit?: (code: number) => void
}

const WHY = 'the program is shutting down'
const ORDER: readonly ShutdownPhase[] = ['waiting', 'stop accepting', 'drain', 'cancel tasks', 'close', 'done']

/** Docker's grace between SIGTERM and SIGKILL. */
const TIMEOUT_MS = 10_000
/** Milliseconds after which a drain looks again at what is left, at first and at most: most work ends quickly, some goes to sleep. */
const FIRST_LOOK_MS = 20
const LONGEST_LOOK_MS = 320

/** Ends the phases when the shutdown was forced. */
class Forced extends Error {}

/** See {@link gracefulShutdown}. */
export class GracefulShutdown implements Disposable {
  private readonly controller = new AbortController()
  private readonly steps: Steps
  private readonly errors: ShutdownFailure[] = []
  private readonly cancelled: UnfinishedWork[] = []
  /** Tasks whose end is waited for after they were cancelled. */
  private readonly cleaning = new Set<Task>()
  /** Those in `wait`: they are not cancelled. */
  private readonly waiting = new Set<Task>()
  private waiters = 0
  private readonly ended: Future<undefined>
  private readonly requests: HttpRequests
  private readonly reloads: Reloads | null
  private readonly names: readonly string[]
  private readonly timeout: number
  private readonly timetable: Timetable
  private readonly installed: string[] = []
  private readonly closing: Disposable
  /** The program's main task, most often. */
  private readonly preparing = currentTask()
  private phases: Task | null = null
  private phase: ShutdownPhase = 'waiting'
  private firstSignal: string | null = null
  private count = 0
  private startedAt: number | null = null
  private endedAt: number | null = null
  private deadline: TimerHandle | null = null
  private forced: ShutdownForcedError | null = null
  /** Has the phases look at what they wait for. */
  private wake: () => void = () => {}

  /** @internal */
  constructor(
    private readonly loop: EventLoop,
    private readonly options: GracefulShutdownOptions,
  ) {
    this.names = options.signals ?? ['SIGINT', 'SIGTERM']
    this.timeout = options.timeout ?? TIMEOUT_MS
    this.timetable = new Timetable(this.timeout, options.limits ?? {})
    if (options.onReload !== undefined && this.names.includes('SIGHUP')) {
      throw new TypeError('SIGHUP either reloads or ends the program: leave out onReload, or SIGHUP in signals')
    }
    this.steps = new Steps(loop, (name, error) => {
      this.fail(name, error)
    })
    this.ended = loop.createFuture()
    this.reloads = options.onReload === undefined ? null : new Reloads(loop, options.onReload)
    this.installHandlers()
    this.requests = new HttpRequests(() => {
      this.wake()
    })
    this.closing = loop.onClose(() => {
      this.requests[Symbol.dispose]()
    })
  }

  /** Aborted when the shutdown begins: for work that has no end of its own, `createTask(poll, { signal: shutdown.signal })`. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /**
   * Adds a part of the program that is to be ended: a server of node:http, node:net, express (what its `listen` returned),
   * fastify or @loop/net, a scheduler, a pool, or anything with a method to close it. It takes part in the phases that
   * concern it: a server stops accepting, is drained, and loses the connections that are left; a pool is shut down.
   * Throws TypeError for what it does not know how to end.
   *
   * ```ts
   * shutdown.add(app.listen(8080)).add(scheduler).add(pool)
   * ```
   */
  add(part: object, name?: string): this {
    const steps = stepsOf(part)
    const title = name ?? steps.kind
    const { stopAccepting, drain, close } = steps
    if (stopAccepting !== undefined) this.put('stop accepting', step(title, () => stopAccepting(this.partLimits())))
    if (drain !== undefined) this.put('drain', step(title, drain))
    if (close !== undefined) this.put('close', step(title, () => close(this.partLimits())))
    return this
  }

  /**
   * Adds a step of the first phase, such as `() => { server.close() }`. All of them are begun at once, in order; one that
   * takes longer than its phase is waited for while the program drains. Added during the shutdown, it runs at once.
   */
  stopAccepting(run: () => unknown, name?: string): this {
    return this.put('stop accepting', step(name ?? 'stop accepting', run, name))
  }

  /** Adds a step of the second phase, which waits for work that is neither an HTTP request nor a task of the loop. */
  drain(run: () => unknown, name?: string): this {
    return this.put('drain', step(name ?? 'drain', run, name))
  }

  /** Adds a step of the last phase, such as `() => pool.end()`; the steps run one by one, in reverse order. */
  close(run: () => unknown, name?: string): this {
    return this.put('close', step(name ?? 'close', run, name))
  }

  /** Begins the shutdown without a signal. */
  request(): void {
    if (this.startedAt !== null) return
    this.startedAt = this.loop.time()
    this.reloads?.end()
    if (this.timeout !== Infinity) {
      this.deadline = this.loop.callAt(this.timetable.deadline(this.startedAt), () => {
        this.force(`not done within ${this.timeout} ms`)
      })
    }
    this.phases = this.loop.createTask(() => this.runPhases(), { name: 'graceful shutdown' })
    this.tell('an abort listener', () => {
      this.controller.abort(new CancelledError(WHY))
    })
  }

  /**
   * Waits for the shutdown to begin and to end. The calling task is not cancelled by it; a cancellation from elsewhere
   * during the phases is thrown after them. Throws ShutdownForcedError when it was cut and `exit` came back.
   */
  wait(): Awaitable<ShutdownReport> {
    return coroutine(this.untilEnd(currentTask()))
  }

  /** Takes the handlers back, when no shutdown is in progress. */
  [Symbol.dispose](): void {
    if (this.startedAt === null) this.release()
  }

  private *untilEnd(task: Task | null): Coroutine<ShutdownReport> {
    let cancellation: CancelledError | null = null
    if (task !== null) this.waiting.add(task)
    this.waiters++
    this.wake()
    try {
      while (!this.ended.done()) {
        try {
          yield* wait([this.ended])
        } catch (error) {
          if (!(error instanceof CancelledError) || this.startedAt === null) throw error
          cancellation = error
        }
      }
    } finally {
      if (task !== null) this.waiting.delete(task)
      this.waiters--
    }
    if (this.forced !== null) throw this.forced
    if (cancellation !== null) throw cancellation
    return this.report()
  }

  // ---------------------------------------------------------------- phases

  private *runPhases(): Coroutine<void> {
    try {
      yield* this.runStopAccepting()
      yield* this.runDrain()
      yield* this.runCancel()
      yield* this.runClose()
      yield* this.settle(() => [...this.steps.running(), ...this.cleaning], Infinity)
      for (const task of this.cleaning) this.cleaned(task)
      this.enter('done')
      if (this.waiters === 0) this.reportAlone()
      this.finish()
    } catch (error) {
      if (!(error instanceof Forced)) throw error
    }
  }

  private *runStopAccepting(): Coroutine<void> {
    this.enter('stop accepting')
    const until = this.endOf('stopAccepting')
    this.steps.startAll('stop accepting')
    yield* this.turn()
    this.requests.end()
    yield* this.settle(() => this.steps.running(), until)
    this.requests.end()
  }

  /** Waits for what is running, while it can still end by itself. */
  private *runDrain(): Coroutine<void> {
    this.enter('drain')
    const until = this.endOf('drain')
    this.steps.startAll('drain')
    // What was under way when the signal came may begin tasks in this turn.
    yield* this.turn()
    let asleep: ReadonlySet<unknown> = new Set()
    const work = (): Task[] => [...this.steps.running(), ...this.tasks().filter((task) => !asleep.has(task))]
    const unanswered = (): boolean => this.requests.count > 0
    for (let look = FIRST_LOOK_MS; ; look = Math.min(2 * look, LONGEST_LOOK_MS)) {
      yield* this.settle(work, Math.min(until, this.loop.time() + look), unanswered)
      if (this.loop.time() >= until) break
      asleep = asleepUntil(this.tasks(), until)
      if (work().length === 0 && !unanswered()) break
    }
    this.cancelled.push(...this.requests.list())
  }

  private *runCancel(): Coroutine<void> {
    this.enter('cancel tasks')
    const until = this.endOf('cancel')
    const main = this.preparing
    // It never came to wait, or does something else meanwhile.
    const away = (): boolean => main !== null && !main.done() && !this.waiting.has(main)
    // Main last: when it ends, so does the run that it is the main task of, which cancels what is left once more.
    const others = (): Task[] => this.tasks().filter((task) => task !== main && !this.cleaning.has(task))
    // A request goes on to what a task waits for. Asked twice, that would be cut in its clean-up.
    const outermost = (): Task[] => {
      const inner = awaitedBy(this.tasks())
      return others().filter((task) => !inner.has(task))
    }
    yield* this.cancelAll(outermost, away() ? (this.loop.time() + until) / 2 : until)
    if (away()) {
      endQuietlyOn((error) => error instanceof CancelledError, () => (this.firstSignal === null ? 0 : exitCodeOf(this.firstSignal)))
      yield* this.cancelAll(() => (away() && !this.cleaning.has(main!) ? [main!] : []), until)
    }
    yield* this.cancelAll(others, until)
  }

  /** Cancels tasks and waits for their clean-up, again while clean-ups have started tasks and left them. */
  private *cancelAll(tasks: () => Task[], until: number): Coroutine<void> {
    for (let left = tasks(); left.length > 0; left = tasks()) {
      for (const task of left) {
        this.cleaning.add(task)
        this.cancelled.push(unfinishedTask(task))
        this.tell(task.getName(), () => task.cancel(WHY))
      }
      yield* this.settle(() => left.filter((task) => !task.done() && !this.waiting.has(task)), until)
      for (const task of left) if (task.done()) this.cleaned(task)
      if (this.loop.time() >= until) return
    }
  }

  private cleaned(task: Task): void {
    this.cleaning.delete(task)
    if (!task.cancelled() && task.exception() !== null) this.fail(task.getName(), task.exception())
  }

  private *runClose(): Coroutine<void> {
    this.enter('close')
    const until = this.endOf('close')
    this.requests.cut()
    this.steps.addLast('close', step('default executor', () => this.loop.shutdownDefaultExecutor(this.partLimits().untilClosed)))
    // When the time is over the others are begun all the same, and nobody waits for them before the end.
    for (let begun = this.steps.startNext('close'); begun !== null; begun = this.steps.startNext('close')) {
      const running = begun
      yield* this.settle(() => [running], until)
    }
  }

  /**
   * Waits until all of `futures` are done and nothing is left `besides`, or until a loop time. Requests to cancel the
   * shutdown itself do not end it: those come from a run that ends while it is in progress.
   */
  private *settle(futures: () => readonly Future[], until: number, besides: () => boolean = () => false): Coroutine<void> {
    for (;;) {
      if (this.forced !== null) throw new Forced()
      const pending = futures().filter((future) => !future.done())
      if ((pending.length === 0 && !besides()) || this.loop.time() >= until) return
      const woken = this.loop.createFuture<undefined>()
      this.wake = () => {
        if (!woken.done()) woken.setResult(undefined)
      }
      let left = pending.length
      const onDone = (): void => {
        if (--left === 0) this.wake()
      }
      for (const future of pending) future.addDoneCallback(onDone)
      const timer = until === Infinity ? null : this.loop.callAt(until, this.wake)
      try {
        yield* woken
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
      } finally {
        timer?.cancel()
        for (const future of pending) future.removeDoneCallback(onDone)
      }
    }
  }

  private *turn(): Coroutine<void> {
    try {
      yield undefined
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
    }
  }

  /** The tasks of the program that run, those that wait for the shutdown excepted. */
  private tasks(): Task[] {
    const steps = new Set<Task>(this.steps.running())
    return [...allTasks(this.loop)].filter((task) => task !== this.phases && !this.waiting.has(task) && !steps.has(task))
  }

  /** Adds a step, or begins it, when its phase has been. */
  private put(phase: SteppedPhase, added: Step): this {
    if (ORDER.indexOf(this.phase) < ORDER.indexOf(phase) || (phase === 'close' && this.phase === 'close')) this.steps.add(phase, added)
    else this.steps.start(added)
    return this
  }

  /** How much time the phases leave from now on. */
  private partLimits(): PartLimits {
    const now = this.loop.time()
    const startedAt = this.startedAt ?? now
    return {
      untilDrained: Math.max(0, this.timetable.endOf('drain', startedAt, now) - now),
      untilClosed: Math.max(0, this.timetable.endOf('close', startedAt, now) - now),
    }
  }

  private endOf(phase: keyof PhaseLimits): number {
    return this.timetable.endOf(phase, this.startedAt!, this.loop.time())
  }

  private enter(phase: ShutdownPhase): void {
    this.phase = phase
    this.tell('the logger', () => this.options.logger?.info(`shutdown: ${phase}`))
  }

  // ---------------------------------------------------------------- the end

  private finish(): void {
    this.endedAt = this.loop.time()
    this.release()
    if (!this.ended.done()) this.ended.setResult(undefined)
  }

  private onSignal(name: string): void {
    this.count++
    this.firstSignal ??= name
    this.tell('onSignal', () => this.options.onSignal?.(name, this.count))
    if (this.count > 1) this.force(`${name} came again`)
    else this.request()
  }

  private force(why: string): void {
    if (this.forced !== null || this.endedAt !== null) return
    const report = this.report()
    this.complain([`shutdown forced while in phase '${report.phase}': ${why}`, ...formatReport(report)])
    this.tell('onTimeout', () => this.options.onTimeout?.(report))
    this.forced = new ShutdownForcedError(`the shutdown was cut in phase '${report.phase}': ${why}`, report)
    const code = exitCodeOf(this.firstSignal ?? 'SIGTERM')
    this.tell('exit', () => {
      if (this.options.exit === undefined) process.exit(code)
      this.options.exit(code)
    })
    this.finish()
    this.wake()
  }

  /** For a program that is not in `wait` at the end, such as one that was ended while it started. */
  private reportAlone(): void {
    const lines = formatReport(this.report())
    if (lines.length > 0) this.complain([`shutdown by ${this.firstSignal ?? 'request'}, which the program did not wait for`, ...lines])
  }

  /** To the logger, or to standard error: a report that nobody gets would be lost. */
  private complain(lines: readonly string[]): void {
    const logger = this.options.logger ?? console
    for (const line of lines) {
      this.tell('the logger', () => {
        logger.error(line)
      })
    }
  }

  private fail(name: string, error: unknown): void {
    this.errors.push({ name, error })
    this.tell('the logger', () => this.options.logger?.error(`${name} failed: ${messageOf(error)}`))
  }

  /** Calls a function of the program, whose failure must not keep it from ending. */
  private tell(name: string, call: () => unknown): void {
    try {
      call()
    } catch (exception) {
      this.loop.callExceptionHandler({ message: `Exception in a callback of gracefulShutdown: ${name}`, exception })
    }
  }

  private report(): ShutdownReport {
    return {
      signal: this.firstSignal,
      phase: this.phase,
      duration: this.startedAt === null ? 0 : (this.endedAt ?? this.loop.time()) - this.startedAt,
      errors: [...this.errors],
      cancelled: [...this.cancelled],
      unfinished: [
        ...this.steps.running().map((task) => ({ name: task.getName(), waitsFor: waitsFor(task) ?? 'itself' })),
        ...[...this.cleaning].filter((task) => !task.done()).map(unfinishedTask),
      ],
    }
  }

  private installHandlers(): void {
    try {
      for (const name of this.names) {
        this.loop.addSignalHandler(name, () => {
          this.onSignal(name)
        })
        this.installed.push(name)
      }
    } catch (error) {
      this.removeHandlers()
      throw error
    }
  }

  /** Takes back what was installed. */
  private release(): void {
    this.deadline?.cancel()
    this.closing[Symbol.dispose]()
    this.requests[Symbol.dispose]()
    this.removeHandlers()
  }

  private removeHandlers(): void {
    this.reloads?.[Symbol.dispose]()
    if (!this.loop.isClosed()) for (const name of this.installed) this.loop.removeSignalHandler(name)
  }
}

/**
 * Prepares an orderly end of the running loop's program: the first signal begins it. Call it at the start, and await
 * `wait()` last.
 *
 * ```ts
 * await run(async () => {
 *   const shutdown = gracefulShutdown({ timeout: 5_000 })
 *   shutdown.add(http.createServer(app).listen(8080))
 *   getRunningLoop().createTask(worker, { signal: shutdown.signal })
 *   await shutdown.wait()
 * })
 * ```
 *
 * Throws what `loop.addSignalHandler` throws, TypeError and RangeError for times that make no sense, and InvalidStateError
 * outside a running loop.
 */
export function gracefulShutdown(options: GracefulShutdownOptions = {}): GracefulShutdown {
  return new GracefulShutdown(getRunningLoop(), options)
}
