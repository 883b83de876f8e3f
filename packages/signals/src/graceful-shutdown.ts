/**
 * An orderly end on a signal, in phases with one deadline for all of them:
 *
 *     signal ─> stop accepting ─> cancel tasks, wait for their clean-up ─> close executors and servers ─> done
 *                    └── deadline passed, or second signal: report what did not end, exit with 128 + the signal's number
 */
import process from 'node:process'
import { allTasks, call, CancelledError, coroutine, currentTask, getRunningLoop, InvalidStateError, wait } from '@loop/core'
import type { Awaitable, Coroutine, EventLoop, Future, Task } from '@loop/core'
import { ShutdownForcedError } from './errors.ts'
import { exitCodeOf } from './process-signals.ts'
import { Reloads } from './reloads.ts'
import type { ShutdownFailure, ShutdownPhase, ShutdownReport, UnfinishedWork } from './shutdown-report.ts'
import { formatReport, unfinishedTask } from './shutdown-report.ts'

/** Where a shutdown tells what it does; `console` fits. */
export interface ShutdownLogger {
  info(message: string): void
  error(message: string): void
}

/** Options of {@link gracefulShutdown}. */
export interface GracefulShutdownOptions {
  /** The signals that begin it; SIGINT and SIGTERM by default. */
  readonly signals?: readonly string[]
  /** Milliseconds for all phases together; 10,000 by default, which is what Docker waits before it kills. */
  readonly timeout?: number
  /** Called at each of the signals, with how many there have been. */
  readonly onSignal?: (signal: string, count: number) => void
  /** Called when it is cut, before the process exits. */
  readonly onTimeout?: (report: ShutdownReport) => void
  /** Called at SIGHUP; calls follow one another, also when they take time. A function of either coroutine form. */
  readonly onReload?: () => unknown
  /** Hears of phases and failures; silent by default. */
  readonly logger?: ShutdownLogger
  /** Ends the process when the shutdown is forced; `process.exit` by default. */
  readonly exit?: (code: number) => void
}

/** Docker's grace between SIGTERM and SIGKILL. */
const TIMEOUT_MS = 10_000

interface Step {
  readonly name: string
  readonly run: () => unknown
}

/** See {@link gracefulShutdown}. */
export class GracefulShutdown {
  private readonly controller = new AbortController()
  private readonly accepting: Step[] = []
  private readonly closing: Step[] = []
  private readonly errors: ShutdownFailure[] = []
  private readonly requested: Future<undefined>
  /** Fails when the shutdown is cut. */
  private readonly forced: Future<never>
  private readonly reloads: Reloads | null
  private readonly names: readonly string[]
  private readonly timeout: number
  private readonly installed: string[] = []
  private phase: ShutdownPhase = 'waiting'
  private firstSignal: string | null = null
  private count = 0
  private waited = false
  private startedAt: number | null = null
  private running: string | null = null
  private cleaning: readonly Task[] = []

  /** @internal */
  constructor(
    private readonly loop: EventLoop,
    private readonly options: GracefulShutdownOptions,
  ) {
    this.names = options.signals ?? ['SIGINT', 'SIGTERM']
    this.timeout = options.timeout ?? TIMEOUT_MS
    if (typeof this.timeout !== 'number' || Number.isNaN(this.timeout)) {
      throw new TypeError(`the timeout of gracefulShutdown is a number of milliseconds, not ${String(this.timeout)}`)
    }
    if (options.onReload !== undefined && this.names.includes('SIGHUP')) {
      throw new TypeError('SIGHUP either reloads or ends the program: leave out onReload, or SIGHUP in signals')
    }
    this.requested = loop.createFuture()
    this.forced = loop.createFuture()
    this.reloads = options.onReload === undefined ? null : new Reloads(loop, options.onReload)
    this.installHandlers()
  }

  /** Aborted when the shutdown begins. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Adds a step of the first phase, such as `() => server.close()`. */
  stopAccepting(run: () => unknown, name?: string): this {
    this.accepting.push(step('stop accepting', run, name))
    return this
  }

  /** Adds a step of the last phase, such as `() => pool.shutdown()`; the steps run in reverse order. */
  close(run: () => unknown, name?: string): this {
    this.closing.unshift(step('close', run, name))
    return this
  }

  /** Begins the shutdown without a signal. */
  request(): void {
    if (!this.requested.done()) this.requested.setResult(undefined)
  }

  /**
   * Waits for the first signal, then goes through the phases, in the calling task (which is the one task that is not
   * cancelled). A cancellation of that task during the phases is thrown after them. Throws ShutdownForcedError when it was
   * cut and `exit` came back, InvalidStateError outside a task and when it was called before.
   */
  wait(): Awaitable<ShutdownReport> {
    const waiting = currentTask()
    if (waiting === null) {
      throw new InvalidStateError(
        'wait for the shutdown in a task; after awaiting a promise of another library, await it through loop.wrap(promise)',
      )
    }
    if (this.waited) throw new InvalidStateError('the shutdown is waited for already; its phases run once')
    this.waited = true
    return coroutine(this.waitInTask(waiting))
  }

  private *waitInTask(waiting: Task): Coroutine<ShutdownReport> {
    try {
      yield* this.requested
      this.startedAt = this.loop.time()
      this.controller.abort(new CancelledError('the program is shutting down'))
      const phases = this.loop.createTask(() => this.runPhases(waiting), { name: 'graceful shutdown' })
      const cancellation = yield* this.untilEnd(phases, this.startedAt + this.timeout)
      if (!phases.done()) this.force(`not done within ${this.timeout} ms`)
      if (this.forced.done()) this.forced.result()
      phases.result()
      if (cancellation !== null) throw cancellation
      return this.report()
    } finally {
      this.removeHandlers()
    }
  }

  /** Waits until the phases are done, forced or late; gives a cancellation that came meanwhile, for later. */
  private *untilEnd(phases: Task, deadline: number): Coroutine<CancelledError | null> {
    let cancellation: CancelledError | null = null
    for (;;) {
      try {
        yield* wait([phases, this.forced], { timeout: deadline - this.loop.time(), returnWhen: 'FIRST_COMPLETED' })
        return cancellation
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        cancellation = error
      }
    }
  }

  private *runPhases(waiting: Task): Coroutine<void> {
    const kept = new Set([currentTask(), waiting])
    yield* this.runSteps('stop accepting', this.accepting)
    this.enter('cancel tasks')
    // Again while clean-ups have started tasks and left them.
    for (let left = tasksBut(kept); left.length > 0; left = tasksBut(kept)) yield* this.cancelTasks(left)
    yield* this.runSteps('close', [...this.closing, { name: 'default executor', run: () => this.loop.shutdownDefaultExecutor() }])
    this.enter('done')
  }

  private *cancelTasks(tasks: readonly Task[]): Coroutine<void> {
    this.cleaning = tasks
    for (const task of tasks) task.cancel('the program is shutting down')
    yield* wait(tasks)
    for (const task of tasks) if (!task.cancelled() && task.exception() !== null) this.fail(task.getName(), task.exception())
  }

  private *runSteps(phase: ShutdownPhase, steps: readonly Step[]): Coroutine<void> {
    this.enter(phase)
    for (const { name, run } of steps) {
      this.running = name
      try {
        yield* call(run)
      } catch (error) {
        this.fail(name, error)
      }
    }
    this.running = null
  }

  private onSignal(name: string): void {
    this.count++
    this.firstSignal ??= name
    this.tell(() => this.options.onSignal?.(name, this.count))
    if (this.count > 1) this.force(`${name} came again`)
    else this.request()
  }

  private force(why: string): void {
    if (this.forced.done()) return
    const report = this.report()
    this.tell(() => {
      this.options.logger?.error(`shutdown forced while in phase '${report.phase}': ${why}`)
      for (const line of formatReport(report)) this.options.logger?.error(line)
    })
    this.tell(() => this.options.onTimeout?.(report))
    const code = exitCodeOf(this.firstSignal ?? 'SIGTERM')
    if (this.options.exit === undefined) process.exit(code)
    this.options.exit(code)
    this.forced.setException(new ShutdownForcedError(`the shutdown was cut in phase '${report.phase}': ${why}`, report))
  }

  /** Calls a function of the program, whose failure must not keep it from ending. */
  private tell(call: () => void): void {
    try {
      call()
    } catch (exception) {
      this.loop.callExceptionHandler({ message: 'Exception in a callback of gracefulShutdown', exception })
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

  private removeHandlers(): void {
    this.reloads?.[Symbol.dispose]()
    if (!this.loop.isClosed()) for (const name of this.installed) this.loop.removeSignalHandler(name)
  }

  private enter(phase: ShutdownPhase): void {
    this.phase = phase
    this.options.logger?.info(`shutdown: ${phase}`)
  }

  private fail(name: string, error: unknown): void {
    this.errors.push({ name, error })
    this.options.logger?.error(`${name} failed: ${error instanceof Error ? error.message : String(error)}`)
  }

  private report(): ShutdownReport {
    const step: UnfinishedWork[] = this.running === null ? [] : [{ name: this.running, waitsFor: 'itself' }]
    return {
      signal: this.firstSignal,
      phase: this.phase,
      duration: this.startedAt === null ? 0 : this.loop.time() - this.startedAt,
      errors: [...this.errors],
      unfinished: [...step, ...this.cleaning.filter((task) => !task.done()).map(unfinishedTask)],
    }
  }
}

/** Throws TypeError for a step that cannot be run. */
function step(phase: ShutdownPhase, run: () => unknown, name: string | undefined): Step {
  if (typeof run !== 'function') throw new TypeError(`a step of a shutdown is a function, uncalled, not ${typeof run}`)
  return { name: (name ?? run.name) || phase, run }
}

/**
 * Prepares an orderly end of the running loop's program; call it at the start, and await `wait()` last.
 *
 * ```ts
 * await run(async () => {
 *   const shutdown = gracefulShutdown({ timeout: 5_000 })
 *   const server = await createServer(…)
 *   shutdown.stopAccepting(() => server.close())
 *   getRunningLoop().createTask(worker)
 *   await shutdown.wait()
 * })
 * ```
 *
 * Throws what `loop.addSignalHandler` throws, TypeError for a timeout that is no number, and InvalidStateError outside a
 * running loop.
 */
export function gracefulShutdown(options: GracefulShutdownOptions = {}): GracefulShutdown {
  return new GracefulShutdown(getRunningLoop(), options)
}

function tasksBut(kept: ReadonlySet<Task | null>): Task[] {
  return [...allTasks()].filter((task) => !kept.has(task))
}
