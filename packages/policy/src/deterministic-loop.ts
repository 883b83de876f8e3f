import type { AnyFunction, Clock, CoroutineFunction, Executor, Runnable } from '@loop/core'
import { allTasks, describe, describeRunnable, describeTask, EventLoop, Future } from '@loop/core'
import process from 'node:process'
import { callSite } from './call-site.ts'
import { describeSpinning, describeStuck, describeStuckBeside, findStuck } from './deadlock.ts'
import { DeterministicClock } from './deterministic-clock.ts'
import { DeterministicExecutor } from './deterministic-executor.ts'
import { DeterministicSelector } from './deterministic-selector.ts'
import { DeadlockError, LivelockError } from './errors.ts'
import { ProgressWatch } from './progress.ts'
import { promisesAwaited, seemsIdle, someAreReal } from './promises.ts'
import { SeededRandom } from './random.ts'
import { seededOrder } from './seeded-order.ts'

/** Options of {@link deterministicLoop}. */
export interface DeterministicLoopOptions {
  /**
   * Decides every order that is not promised: of timers with the same deadline, of events that are ready together, of
   * results of the loop's executor. Without one, ties are first-in first-out. A whole number from 0 to 2^32 - 1.
   */
  readonly seed?: number
  /**
   * Varies durations, too, by the seed: half of the timers run late, by up to this part of their delay (0.5 is up to half
   * longer; true is 0.5). So of two operations of 10 and 14 ms either may end first. 0 by default; it needs a seed.
   */
  readonly jitter?: number | boolean
  /** Wall time at loop time 0: a Date, its text, or milliseconds since 1970; 2000-01-01T00:00:00Z by default. */
  readonly start?: Date | string | number
  /** Whether time jumps to the next deadline when all tasks wait (the default); without, the test moves it with `clock.advance`. */
  readonly autojump?: boolean
  /** Keeps where tasks and futures were made, for reports of deadlocks (the default). Costs microseconds each. */
  readonly debug?: boolean
  /**
   * What time does while promises from outside are pending that the loop was given (`loop.wrap(promise)`,
   * `waitFor(promise, ms)`): 'hold' it (the default), or 'run' ahead of them.
   */
  readonly promises?: 'hold' | 'run'
  /**
   * Real milliseconds for which time is held for promises while nothing else happens; 4,000 by default, Infinity for no end.
   * A quarter of it when the runtime names nothing that is under way.
   */
  readonly patienceMs?: number
  /**
   * Jumps of time after which a main task that waits in vain beside tasks that only tick is taken for a deadlock; 25,000 by
   * default, Infinity for never.
   */
  readonly deadlockAfter?: number
  /** Told of the seed of each failing run; by default a line on standard error. */
  readonly onFailure?: (seed: number, error: unknown) => void
}

/** Any fixed time would do; this one is a round one. */
const DEFAULT_START = '2000-01-01T00:00:00Z'
/** Milliseconds of virtual time that work takes without a seed. */
const WORK_MS = 1
/** With a seed, work takes 1 to 10 ms: any spread lets two pieces that overlap end in either order. */
const LONGEST_WORK_MS = 10
/** Less than the 5 s of vitest's own limit, so that the test ends with what the loop has to say. */
const PATIENCE_MS = 4000
/** How much of its patience time has when nothing seems to be under way: some work does not show, but is seldom as long. */
const IDLE_PART = 0.25
/** A heartbeat of a second beats for seven hours; it takes about a second of real time. */
const DEADLOCK_AFTER = 25_000
/** Turns at one time after which something is said to poll: about a second of real time, and no program takes as many for work. */
const LIVELOCK_AFTER = 500_000
/** Half of a delay more lets most neighbours change places. */
const JITTER = 0.5

/**
 * A loop in virtual time whose runs are a function of its program and its seed.
 *
 * Time moves only when nothing else can happen, so a year of timers takes as long as its callbacks. A deadlock ends the
 * run with a {@link DeadlockError}, unless the test moves the time itself: then the test is what wakes the tasks.
 */
export class DeterministicLoop extends EventLoop {
  /** Its time; `clock.wallTime()` for people's. */
  readonly clock: DeterministicClock
  /** What decides the orders, or null for first-in first-out. */
  readonly seed: number | null
  private readonly workers: DeterministicExecutor
  private workersAreDefault = true
  private failure: DeadlockError | LivelockError | null = null
  private readonly onFailure: (seed: number, error: unknown) => void
  private readonly times: DeterministicSelector
  private readonly patienceMs: number
  private readonly holdsForPromises: boolean
  private readonly deadlockAfter: number
  /** What `runUntilComplete` waits for. */
  private main: Future | null = null
  private progress: ProgressWatch | null = null
  /** Promises that time does not wait for any more: it has done so for as long as its patience lasts. */
  private givenUp = 0
  /** Wrapped promises of this package's own, whose work takes virtual time. */
  private own = 0
  private sawPromises = false

  /** Use {@link deterministicLoop}. */
  constructor(options: DeterministicLoopOptions = {}) {
    const { seed = null, autojump = true, debug = true, onFailure = printSeed } = options
    if (typeof onFailure !== 'function') throw new TypeError(`onFailure is a function that takes a seed and an error, not ${describe(onFailure)}`)
    const { promises = 'hold', patienceMs = PATIENCE_MS, deadlockAfter = DEADLOCK_AFTER } = options
    if (promises !== 'hold' && promises !== 'run') throw new RangeError(`promises is 'hold' or 'run', not ${describe(promises)}`)
    checkCount(patienceMs, 'patienceMs', 'a number of milliseconds')
    checkCount(deadlockAfter, 'deadlockAfter', 'a number of jumps')
    const random = seed === null ? null : new SeededRandom(seed)
    const jitter = jitterOf(options.jitter, random)
    const clock = new DeterministicClock(toMilliseconds(options.start ?? DEFAULT_START))
    const selector = new DeterministicSelector(clock, autojump)
    // One turn at a time: how many fit into a budget is a matter of real time.
    super({ clock, selector, budgetMs: 0, debug, slowCallbackMs: Infinity, ...(random === null ? {} : { order: seededOrder(random, jitter) }) })
    selector.attach({
      patience: (waited) => this.patience(waited),
      stuck: (again) => this.checkDeadlock(again),
      jumped: () => {
        this.checkProgress()
      },
      turned: (turns) => {
        this.checkTurns(turns)
      },
    })
    this.clock = clock
    this.seed = seed
    this.onFailure = onFailure
    this.times = selector
    this.patienceMs = patienceMs
    this.holdsForPromises = promises === 'hold'
    this.deadlockAfter = deadlockAfter
    clock.attach({
      isRunning: () => this.isRunning(),
      isResting: () => selector.isResting,
      nextDeadline: () => selector.deadlineAhead,
      wake: () => {
        selector.wake()
      },
    })
    this.workers = new DeterministicExecutor(this, () => (random === null ? WORK_MS : 1 + random.below(LONGEST_WORK_MS)))
    super.setDefaultExecutor(this.workers)
  }

  /** The wall clock of its virtual time: that of `clock.wall`. */
  override get wallClock(): Clock {
    return this.clock.wall
  }

  /** Whether the program gave the loop promises from outside, whose order is their own: then a seed may not give the same run twice. */
  get sawPromisesFromOutside(): boolean {
    return this.sawPromises
  }

  /**
   * As in every loop; DeadlockError when nothing can wake the tasks, LivelockError when something runs in every turn. A
   * failing run tells its seed.
   */
  override async runUntilComplete<T>(source: CoroutineFunction<T> | PromiseLike<T>): Promise<T> {
    try {
      if (this.isRunning() || this.isClosed()) return await super.runUntilComplete(source)
      const main = typeof source === 'function' ? this.createTask(source) : source
      if (main instanceof Future) {
        this.main = main as Future
        this.progress = new ProgressWatch(this, this.deadlockAfter)
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

  /** As in every loop. While an executor other than the loop's own works, time stands still: that work takes real time. */
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
    this.own++
    try {
      await super.shutdownDefaultExecutor(timeoutMs)
    } finally {
      this.own--
    }
  }

  /** Promises from outside that are pending. */
  private promises(): number {
    return Math.max(0, this.statistics().promises - this.own)
  }

  /** Real milliseconds for which time waits for promises from outside, after `waited` of them. */
  private patience(waited: number): number {
    const promises = this.promises()
    if (promises > 0) this.sawPromises = true
    if (promises < this.givenUp) this.givenUp = promises
    if (!this.holdsForPromises || promises <= this.givenUp || !someAreReal(this, promises)) return 0
    const patienceMs = seemsIdle() ? this.patienceMs * IDLE_PART : this.patienceMs
    if (waited < patienceMs) return patienceMs - waited
    this.givenUp = promises
    const made = promisesAwaited(this).map(({ source }) => callSite(source)).filter((site) => site !== undefined)
    process.emitWarning(
      `virtual time goes on after ${patienceMs} real ms without ${promises === 1 ? 'a promise' : `${promises} promises`} from outside the loop` +
        `${made.length === 0 ? '' : ` (made at ${made.slice(0, MOST_NAMED).join(', ')})`}; hold it with loop.clock.hold() or more patienceMs, or let it run: promises: 'run'`,
      'VirtualTimeWarning',
    )
    return 0
  }

  /**
   * Ends the run if nothing can wake its tasks. A promise from outside gets some real time first: then the answer is how
   * much, and the check is made again after it.
   */
  private checkDeadlock(again: boolean): number | null {
    const stuck = findStuck(this)
    if (stuck === null) return null
    if (stuck.outside) this.sawPromises = true
    if (stuck.outside && !again) return Math.min(this.patienceMs, LONGEST_HOST_TIMER)
    this.fail(new DeadlockError(describeStuck(stuck, this.time()), stuck.tasks))
    return null
  }

  /** Ends the run if the main task waits in vain while others go on. */
  private checkProgress(): void {
    const { main, progress } = this
    if (main === null || progress === null || this.deadlockAfter === Infinity) return
    const since = progress.jumped(main)
    if (since === null || this.statistics().sources > 0 || this.promises() > 0) return
    const tasks = [...allTasks(this)].map(describeTask)
    this.fail(new DeadlockError(describeStuckBeside(tasks, since, this.time()), tasks))
  }

  /** Ends the run if something runs in every turn, so that time cannot move; what it is shows in one more turn. */
  private checkTurns(turns: number): void {
    if (turns < LIVELOCK_AFTER) return
    this.times.forgetTurns()
    if (this.clock.held || this.promises() > 0) return
    const running = new Set<string>()
    const watching = this.addObserver({
      handleStarted: (runnable) => {
        if (running.size <= MOST_NAMED) running.add(nameOf(runnable))
      },
      turnEnded: () => {
        watching[Symbol.dispose]()
        const tasks = [...allTasks(this)].map(describeTask)
        this.fail(new LivelockError(describeSpinning([...running], turns, this.time(), this.state.timers.nextDeadline()), tasks))
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
      this.onFailure(this.seed, error)
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

function jitterOf(jitter: number | boolean | undefined, random: SeededRandom | null): number {
  if (jitter === undefined || jitter === false || jitter === 0) return 0
  if (jitter !== true && !(typeof jitter === 'number' && jitter > 0 && jitter < Infinity)) {
    throw new RangeError(`jitter is true, or how much of its delay a timer may be late: a number from 0 on, not ${describe(jitter)}`)
  }
  if (random === null) throw new TypeError('jitter is decided by a seed; give one, or let explore do so')
  return jitter === true ? JITTER : jitter
}

function checkCount(value: number, name: string, what: string): void {
  if (typeof value !== 'number' || !(value >= 0)) throw new RangeError(`${name} is ${what}, 0 or more, not ${describe(value)}`)
}

function toMilliseconds(start: Date | string | number): number {
  const ms = new Date(start).getTime()
  if (Number.isNaN(ms)) throw new RangeError(`start is a Date, its text or milliseconds since 1970, not ${describe(start)}`)
  return ms
}

function printSeed(seed: number): void {
  console.error(`this run failed under seed ${seed}; deterministicLoop({ seed: ${seed} }) runs it again`)
}
