/**
 * An orderly end from the first signal on, in phases:
 *
 *     signal ─> stop accepting ─> drain ─> cancel tasks ─> close ─> done
 *                    └── all the time passed, or second signal: report what did not end, exit with 128 + the signal's
 *                    number
 *
 * The phases run in a task of their own, whether or not anybody waits for them: a signal that comes while the program
 * starts is a signal. Each has a limit; what does not end by then is passed over, and has until the end of all the
 * time.
 */
import process from 'node:process'
import { CancelledError, coroutine, currentTask, getRunningLoop, wait } from '@loop/core'
import { messageOf } from '@loop/core/lowlevel'
import type { Awaitable, Coroutine, EventLoop, Future, Task, TimerHandle } from '@loop/core'
import { ShutdownForcedError } from './errors.ts'
import { exitCodeOf } from './exit-code.ts'
import { Handlers } from './handlers.ts'
import { HttpRequests } from './http-requests.ts'
import { stepsOf } from './parts.ts'
import { Phases, WHY } from './phases.ts'
import { canReload, endingSignals } from './process-signals.ts'
import { Reloads } from './reloads.ts'
import type { GracefulShutdownOptions } from './shutdown-options.ts'
import type { ShutdownFailure, ShutdownPhase, ShutdownReport } from './shutdown-report.ts'
import { formatReport } from './shutdown-report.ts'
import type { Step, SteppedPhase } from './steps.ts'
import { step, Steps } from './steps.ts'
import { Timetable } from './timetable.ts'
import { endQuietlyOn } from './uncaught.ts'

const ORDER: readonly ShutdownPhase[] = ['waiting', 'stop accepting', 'drain', 'cancel tasks', 'close', 'done']

/** Docker's grace between SIGTERM and SIGKILL. */
const TIMEOUT_MS = 10_000
/** See {@link gracefulShutdown}. */
export class GracefulShutdown implements Disposable {
  private readonly controller = new AbortController()
  private readonly steps: Steps
  private readonly errors: ShutdownFailure[] = []
  private readonly waiting = new Set<Task>()
  private waiters = 0
  private readonly ended: Future<undefined>
  private readonly requests: HttpRequests
  private readonly reloads: Reloads | null
  private readonly timeout: number
  private readonly handlers: Handlers
  private readonly closing: Disposable
  private readonly phases: Phases
  private phase: ShutdownPhase = 'waiting'
  private firstSignal: string | null = null
  private count = 0
  private startedAt: number | null = null
  private endedAt: number | null = null
  private deadline: TimerHandle | null = null
  private forced: ShutdownForcedError | null = null

  /** @internal */
  constructor(
    private readonly loop: EventLoop,
    private readonly options: GracefulShutdownOptions,
  ) {
    const names = options.signals ?? endingSignals()
    this.timeout = options.timeout ?? TIMEOUT_MS
    const timetable = new Timetable(this.timeout, options.limits ?? {})
    if (options.onReload !== undefined && options.signals?.includes('SIGHUP') === true) {
      throw new TypeError('SIGHUP either reloads or ends the program: leave out onReload, or SIGHUP in signals')
    }
    this.steps = new Steps(loop, (name, error) => {
      this.fail(name, error)
    })
    this.ended = loop.createFuture()
    this.handlers = new Handlers(loop, names, (name) => {
      this.onSignal(name)
    })
    this.reloads = options.onReload === undefined || !canReload() ? null : new Reloads(loop, options.onReload)
    this.requests = new HttpRequests(() => {
      this.phases.wake()
    })
    const { steps, requests, waiting } = this
    this.phases = new Phases(
      { loop, timetable, steps, requests, main: currentTask(), waiting },
      {
        entered: (phase) => {
          this.enter(phase)
        },
        failed: (name, error) => {
          this.fail(name, error)
        },
        guard: (name, call) => {
          this.guard(name, call)
        },
        cancelsMain: () => {
          endQuietlyOn(
            (error) => error instanceof CancelledError,
            () => this.exitCode(0),
          )
        },
      },
    )
    this.closing = loop.onClose(() => {
      this.requests[Symbol.dispose]()
    })
  }

  /**
   * Aborted when the shutdown begins: for work that has no end of its own, `createTask(poll, { signal: shutdown.signal
   * })`.
   */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /**
   * Adds a part of the program that is to be ended: a server of node:http, node:net, express (what its `listen`
   * returned), fastify or @loop/net, a scheduler, a pool, or anything with a method to close it. It takes part in the
   * phases that concern it: a server stops accepting, is drained, and loses the connections that are left; a pool is
   * shut down. Throws TypeError for what it does not know how to end.
   *
   * ```ts
   * shutdown.add(app.listen(8080)).add(scheduler).add(pool)
   * ```
   */
  add(part: object, name?: string): this {
    const steps = stepsOf(part)
    const title = name ?? steps.kind
    const { stopAccepting, drain, close } = steps
    if (stopAccepting !== undefined)
      this.put(
        'stop accepting',
        step(title, () => stopAccepting(this.phases.limits()), title),
      )
    if (drain !== undefined) this.put('drain', step(title, drain, title))
    if (close !== undefined)
      this.put(
        'close',
        step(title, () => close(this.phases.limits()), title),
      )
    return this
  }

  /**
   * Adds a step of the first phase, such as `() => { server.close() }`. All of them are begun at once, in order; one
   * that takes longer than its phase is waited for while the program drains. Added during the shutdown, it runs at
   * once.
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
      this.deadline = this.loop.callAt(this.startedAt + this.timeout, () => {
        this.force(`not done within ${this.timeout} ms`)
      })
    }
    this.phases.start(() => {
      if (this.waiters === 0) this.reportAlone()
      this.finish()
    })
    this.guard('an abort listener', () => {
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
    this.phases.wake()
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

  /** Adds a step, or begins it, when its phase has been. */
  private put(phase: SteppedPhase, added: Step): this {
    if (ORDER.indexOf(this.phase) < ORDER.indexOf(phase) || (phase === 'close' && this.phase === 'close'))
      this.steps.add(phase, added)
    else this.steps.start(added)
    return this
  }

  private enter(phase: ShutdownPhase): void {
    this.phase = phase
    this.guard('the logger', () => this.options.logger?.info(`shutdown: ${phase}`))
  }

  private finish(): void {
    this.endedAt = this.loop.time()
    this.release()
    if (!this.ended.done()) this.ended.setResult(undefined)
  }

  private onSignal(name: string): void {
    this.count++
    this.firstSignal ??= name
    this.guard('onSignal', () => this.options.onSignal?.(name, this.count))
    if (this.count > 1) this.force(`${name} came again`)
    else this.request()
  }

  private force(why: string): void {
    if (this.forced !== null || this.endedAt !== null) return
    const report = this.report()
    this.logErrors([`shutdown forced while in phase '${report.phase}': ${why}`, ...formatReport(report)])
    this.guard('onTimeout', () => this.options.onTimeout?.(report))
    this.forced = new ShutdownForcedError(`the shutdown was cut in phase '${report.phase}': ${why}`, report)
    const code = this.exitCode(exitCodeOf('SIGTERM'))
    this.guard('exit', () => {
      if (this.options.exit === undefined) process.exit(code)
      this.options.exit(code)
    })
    this.finish()
    this.phases.cut()
  }

  private exitCode(withoutSignal: number): number {
    return this.firstSignal === null ? withoutSignal : exitCodeOf(this.firstSignal)
  }

  /** For a program that is not in `wait` at the end, such as one that was ended while it started. */
  private reportAlone(): void {
    const lines = formatReport(this.report())
    if (lines.length > 0)
      this.logErrors([`shutdown by ${this.firstSignal ?? 'request'}, which the program did not wait for`, ...lines])
  }

  /** To the logger, or to standard error: a report that nobody gets would be lost. */
  private logErrors(lines: readonly string[]): void {
    const logger = this.options.logger ?? console
    for (const line of lines) {
      this.guard('the logger', () => {
        logger.error(line)
      })
    }
  }

  private fail(name: string, error: unknown): void {
    this.errors.push({ name, error })
    this.guard('the logger', () => this.options.logger?.error(`${name} failed: ${messageOf(error)}`))
  }

  /** Calls a function of the program, whose failure must not keep it from ending. */
  private guard(name: string, call: () => unknown): void {
    const report = (exception: unknown): void => {
      this.loop.callExceptionHandler({ message: `Exception in a callback of gracefulShutdown: ${name}`, exception })
    }
    try {
      const made = call()
      // A rejection that nobody handles ends the process, in the middle of its shutdown.
      if (isThenable(made)) Promise.resolve(made).catch(report)
    } catch (exception) {
      report(exception)
    }
  }

  private report(): ShutdownReport {
    return {
      signal: this.firstSignal,
      phase: this.phase,
      duration: this.startedAt === null ? 0 : (this.endedAt ?? this.loop.time()) - this.startedAt,
      errors: [...this.errors],
      cancelled: [...this.phases.cancelled],
      unfinished: this.phases.unfinished(),
    }
  }

  /** Takes back what was installed. */
  private release(): void {
    this.deadline?.cancel()
    this.closing[Symbol.dispose]()
    this.requests[Symbol.dispose]()
    this.reloads?.[Symbol.dispose]()
    this.handlers[Symbol.dispose]()
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
 * Throws what `loop.addSignalHandler` throws, TypeError and RangeError for times that make no sense, and
 * InvalidStateError outside a running loop.
 */
export function gracefulShutdown(options: GracefulShutdownOptions = {}): GracefulShutdown {
  return new GracefulShutdown(getRunningLoop(), options)
}

const isThenable = (made: unknown): made is PromiseLike<unknown> =>
  typeof (made as PromiseLike<unknown> | null | undefined)?.then === 'function'
