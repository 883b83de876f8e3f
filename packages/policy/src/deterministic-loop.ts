import type { AnyFunction, CoroutineFunction, Executor, Future, OrderPolicy } from '@loop/core'
import { EventLoop } from '@loop/core'
import { describeStuck, findStuck } from './deadlock.ts'
import { DeterministicClock } from './deterministic-clock.ts'
import { DeterministicExecutor } from './deterministic-executor.ts'
import { DeterministicSelector } from './deterministic-selector.ts'
import { DeadlockError } from './errors.ts'
import { SeededRandom } from './random.ts'
import { seededOrder } from './seeded-order.ts'

/** Options of {@link deterministicLoop}. */
export interface DeterministicLoopOptions {
  /**
   * Decides every order that is not promised: of timers with the same deadline, of events that are ready together, of
   * results of the loop's executor. Without one, ties are first-in first-out. A whole number from 0 to 2^32 - 1.
   */
  readonly seed?: number
  /** Wall time at loop time 0: a Date, its text, or milliseconds since 1970; 2000-01-01T00:00:00Z by default. */
  readonly start?: Date | string | number
  /** Whether time jumps to the next deadline when all tasks wait (the default); without, the test moves it with `clock.advance`. */
  readonly autojump?: boolean
  /** Keeps where tasks and futures were made, for reports of deadlocks (the default). Costs microseconds each. */
  readonly debug?: boolean
  /** Told of the seed of each failing run; by default a line on standard error. */
  readonly onFailure?: (seed: number, error: unknown) => void
}

/** Any fixed time would do; this one is a round one. */
const DEFAULT_START = '2000-01-01T00:00:00Z'
/** Milliseconds of virtual time that work takes without a seed. */
const WORK_MS = 1
/** With a seed, work takes 1 to 10 ms: any spread lets two pieces that overlap end in either order. */
const LONGEST_WORK_MS = 10
/** Real milliseconds that a promise from outside may take while nothing else can happen: less than the 5 s of vitest's own limit. */
const PATIENCE_MS = 2000

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
  private failure: DeadlockError | null = null
  private readonly onFailure: (seed: number, error: unknown) => void

  /** Use {@link deterministicLoop}. */
  constructor(options: DeterministicLoopOptions = {}) {
    const { seed = null, autojump = true, debug = true, onFailure = printSeed } = options
    const random = seed === null ? null : new SeededRandom(seed)
    const clock = new DeterministicClock(toMilliseconds(options.start ?? DEFAULT_START))
    let onStuck = (_again: boolean): number | null => null
    const selector = new DeterministicSelector(clock, autojump, (again) => onStuck(again))
    // One turn at a time: how many fit into a budget is a matter of real time.
    super({ clock, selector, budgetMs: 0, debug, slowCallbackMs: Infinity, ...orderOf(random) })
    onStuck = (again) => this.checkDeadlock(again)
    this.clock = clock
    this.seed = seed
    this.onFailure = onFailure
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

  /** As in every loop; DeadlockError when nothing can wake the tasks. A failing run tells its seed. */
  override async runUntilComplete<T>(source: CoroutineFunction<T> | PromiseLike<T>): Promise<T> {
    try {
      return await super.runUntilComplete(source)
    } catch (thrown) {
      const error = this.takeFailure() ?? thrown
      if (this.seed !== null) this.onFailure(this.seed, error)
      throw error
    }
  }

  /** As in every loop; DeadlockError when nothing can wake the tasks. */
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

  /**
   * Ends the run if nothing can wake its tasks. A promise from outside gets some real time first: then the answer is how
   * much, and the check is made again after it.
   */
  private checkDeadlock(again: boolean): number | null {
    const stuck = findStuck(this)
    if (stuck === null) return null
    if (stuck.outside && !again) return PATIENCE_MS
    this.failure = new DeadlockError(describeStuck(stuck, this.time()), stuck.tasks)
    this.stop()
    return null
  }

  private takeFailure(): DeadlockError | null {
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

function orderOf(random: SeededRandom | null): { order?: OrderPolicy } {
  return random === null ? {} : { order: seededOrder(random) }
}

function toMilliseconds(start: Date | string | number): number {
  const ms = new Date(start).getTime()
  if (Number.isNaN(ms)) throw new RangeError(`start is a Date, its text or milliseconds since 1970, not ${String(start)}`)
  return ms
}

function printSeed(seed: number): void {
  console.error(`this run failed under seed ${seed}; deterministicLoop({ seed: ${seed} }) runs it again`)
}
