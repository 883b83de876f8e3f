import type { AnyFunction, Clock, CoroutineFunction, Executor, Runnable } from '@loop/core'
import { allTasks, EventLoop, Future } from '@loop/core'
import { describeRunnable, describeTask } from '@loop/core/lowlevel'
import { callSite } from './call-site.ts'
import { describeSpinning, describeStuck, describeStuckBeside, findStuck } from './deadlock.ts'
import { DeterministicClock } from './deterministic-clock.ts'
import { DeterministicExecutor } from './deterministic-executor.ts'
import type { DeterministicLoopOptions, Settings } from './deterministic-options.ts'
import { settingsOf } from './deterministic-options.ts'
import { DeterministicSelector } from './deterministic-selector.ts'
import { DeadlockError, LivelockError } from './errors.ts'
import { ProgressWatch } from './progress.ts'
import { PendingPromises } from './promises.ts'
import { seededOrder } from './seeded-order.ts'

/** Milliseconds of virtual time that work takes without a seed. */
const WORK_MS = 1
/** With a seed, work takes 1 to 10 ms: any spread lets two pieces that overlap end in either order. */
const LONGEST_WORK_MS = 10
/**
 * Turns at one time after which something is said to poll: about a second of real time, and no program takes as many
 * for work.
 */
const LIVELOCK_AFTER = 500_000

/**
 * A loop in virtual time whose runs are a function of its program and its seed.
 *
 * Time moves only when nothing else can happen, so a year of timers takes as long as its callbacks. A deadlock ends the
 * run with a {@link DeadlockError}, unless the test moves the time itself: then the test is what wakes the tasks.
 */
export class DeterministicLoop extends EventLoop {
  /** Its time; `clock.wallTime()` is the calendar's. */
  readonly clock: DeterministicClock
  /** What decides the orders, or null for first-in first-out. */
  readonly seed: number | null
  private readonly workers: DeterministicExecutor
  private workersAreDefault = true
  private failure: DeadlockError | LivelockError | null = null
  private readonly settings: Settings
  private readonly times: DeterministicSelector
  private readonly promises: PendingPromises
  /** What `runUntilComplete` waits for. */
  private main: Future | null = null
  private progress: ProgressWatch | null = null

  /** Use {@link deterministicLoop}. */
  constructor(options: DeterministicLoopOptions = {}) {
    const settings = settingsOf(options)
    const { random, autojump, debug } = settings
    const clock = new DeterministicClock(settings.startMs)
    const selector = new DeterministicSelector(clock, autojump)
    // One turn at a time: how many fit into a budget is a matter of real time.
    super({
      clock,
      selector,
      budgetMs: 0,
      debug,
      slowCallbackMs: Infinity,
      ...(random === null ? {} : { order: seededOrder(random, settings.jitter) }),
    })
    selector.attach({
      patience: (waited) => this.promises.patience(waited),
      stuck: (again) => this.checkDeadlock(again),
      jumped: () => {
        this.checkProgress()
      },
      turned: (turns) => {
        this.checkTurns(turns)
      },
    })
    this.clock = clock
    this.seed = settings.seed
    this.settings = settings
    this.times = selector
    this.promises = new PendingPromises(this, settings)
    clock.attach({
      isRunning: () => this.isRunning(),
      isResting: () => selector.isResting,
      nextDeadline: () => selector.deadlineAhead,
      wake: () => {
        selector.wake()
      },
    })
    this.workers = new DeterministicExecutor(this, () =>
      random === null ? WORK_MS : 1 + random.below(LONGEST_WORK_MS),
    )
    super.setDefaultExecutor(this.workers)
  }

  /** The wall clock of its virtual time: that of `clock.wall`. */
  override get wallClock(): Clock {
    return this.clock.wall
  }

  /**
   * Whether the program gave the loop promises from outside, whose order is their own: then a seed may not give the
   * same run twice.
   */
  get sawPromisesFromOutside(): boolean {
    return this.promises.seen
  }

  /**
   * As in every loop; DeadlockError when nothing can wake the tasks, LivelockError when something runs in every turn. A
   * failing run tells its seed.
   */
  override async runUntilComplete<T>(source: CoroutineFunction<T> | PromiseLike<T>): Promise<T> {
    // The run that is in progress keeps its watch.
    if (this.isRunning() || this.isClosed()) return super.runUntilComplete(source)
    try {
      const main = typeof source === 'function' ? this.createTask(source) : source
      if (main instanceof Future) {
        this.main = main as Future
        this.progress = new ProgressWatch(this, this.settings.deadlockAfter)
      }
      return await super.runUntilComplete(main)
    } catch (thrown) {
      const error = this.takeFailure() ?? thrown
      this.tellFailure(error)
      throw error
    } finally {
      this.main = null
      this.progress = null
    }
  }

  /** As in every loop; DeadlockError and LivelockError as from `runUntilComplete`. */
  override runForever(): Promise<void> {
    return super.runForever().then(() => {
      const failure = this.takeFailure()
      if (failure !== null) throw failure
    })
  }

  /**
   * As in every loop. While an executor other than the loop's own works, time stands still: that work takes real time.
   */
  override runInExecutor<A extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R | PromiseLike<R>,
    ...args: A
  ): Future<R> {
    const future = super.runInExecutor(executor, fn as AnyFunction, ...args) as Future<R>
    const own = executor === null ? this.workersAreDefault : executor === this.workers
    if (own) return future
    const held = this.clock.hold()
    future.addDoneCallback(() => {
      held[Symbol.dispose]()
    })
    return future
  }

  /** Replaces the loop's own executor, whose work takes virtual time. */
  override setDefaultExecutor(executor: Executor): void {
    super.setDefaultExecutor(executor)
    this.workersAreDefault = executor === this.workers
  }

  /** As in every loop. The work of the loop's own executor takes virtual time, so time is not held for its end. */
  override async shutdownDefaultExecutor(timeoutMs?: number): Promise<void> {
    if (!this.workersAreDefault) {
      await super.shutdownDefaultExecutor(timeoutMs)
      return
    }
    using _own = this.promises.exceptOne()
    await super.shutdownDefaultExecutor(timeoutMs)
  }

  /**
   * Ends the run if nothing can wake its tasks. A promise from outside gets some real time first: then the answer is
   * how much, and the check is made again after it.
   */
  private checkDeadlock(again: boolean): number | null {
    const stuck = findStuck(this)
    if (stuck === null) return null
    if (stuck.outside) this.promises.seen = true
    if (stuck.outside && !again) return Math.min(this.settings.patienceMs, LONGEST_HOST_TIMER)
    this.fail(new DeadlockError(describeStuck(stuck, this.time()), stuck.tasks))
    return null
  }

  /** Ends the run if the main task waits in vain while others go on. */
  private checkProgress(): void {
    const { main, progress } = this
    if (main === null || progress === null || this.settings.deadlockAfter === Infinity) return
    const since = progress.jumped(main)
    if (since === null || this.statistics().sources > 0 || this.promises.pending > 0) return
    const tasks = [...allTasks(this)].map(describeTask)
    this.fail(new DeadlockError(describeStuckBeside(tasks, since, this.time()), tasks))
  }

  /** Ends the run if something runs in every turn, so that time cannot move; what it is shows in one more turn. */
  private checkTurns(turns: number): void {
    if (turns < LIVELOCK_AFTER) return
    this.times.forgetTurns()
    if (this.clock.held || this.promises.pending > 0) return
    const running = new Set<string>()
    const watching = this.addObserver({
      handleStarted: (runnable) => {
        if (running.size <= MOST_NAMED) running.add(nameOf(runnable))
      },
      turnEnded: () => {
        watching[Symbol.dispose]()
        const tasks = [...allTasks(this)].map(describeTask)
        this.fail(
          new LivelockError(
            describeSpinning([...running], turns, this.time(), this.state.timers.nextDeadline()),
            tasks,
          ),
        )
      },
    })
  }

  private fail(error: DeadlockError | LivelockError): void {
    this.failure = error
    this.stop()
  }

  private tellFailure(error: unknown): void {
    if (this.seed === null) return
    try {
      this.settings.onFailure(this.seed, error)
    } catch (exception) {
      this.callExceptionHandler({ message: 'Exception in onFailure', exception })
    }
  }

  private takeFailure(): DeadlockError | LivelockError | null {
    const { failure } = this
    this.failure = null
    return failure
  }
}

/**
 * Makes loops in virtual time, for tests and simulations.
 *
 * ```ts
 * await run(main, { loopFactory: deterministicLoop({ seed: 7 }) })
 * ```
 */
export function deterministicLoop(options: DeterministicLoopOptions = {}): () => DeterministicLoop {
  return () => new DeterministicLoop(options)
}

/** A report names so many; more are alike. */
const MOST_NAMED = 20
/** The longest that a host timer takes, in milliseconds. */
const LONGEST_HOST_TIMER = 2 ** 31 - 1

/** What runs, with the place where it was made. */
function nameOf(runnable: Runnable): string {
  const { kind, name, source } = describeRunnable(runnable)
  const site = callSite(source)
  return `${kind === 'callback' ? 'the callback ' : ''}${name}${site === undefined ? '' : `, ${kind === 'task' ? 'created' : 'scheduled'} at ${site}`}`
}
