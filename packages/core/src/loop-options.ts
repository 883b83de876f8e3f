import type { Clock, Executor, OrderPolicy, Selector, SignalSource, ThreadDoor } from './contracts.ts'
import type { DrainChoice } from './drain.ts'
import type { Host } from './host.ts'

/** How a loop is made; everything has a default. */
export interface LoopOptions {
  /** Where I/O readiness comes from; by default the loop does no I/O of its own and sleeps on the host's timers. */
  readonly selector?: Selector
  /** What time it is; the host's monotonic clock by default. */
  readonly clock?: Clock
  /** Keeps where things were scheduled, and warns of slow callbacks. Costs microseconds a handle. */
  readonly debug?: boolean
  /** Debug mode warns of callbacks that took this many milliseconds; 100, as in asyncio. */
  readonly slowCallbackMs?: number
  /** The default executor, or a function that makes it on first use. */
  readonly executor?: Executor | (() => Executor)
  /** Makes the way in for other threads, on the first `loop.threadsafe()`; it is given the loop. */
  readonly door?: (loop: never) => ThreadDoor
  /** Where operating-system signals come from. */
  readonly signals?: SignalSource
  /**
   * Milliseconds that turns may follow each other before the host gets its thread back; 1 by default, 0 for one turn at
   * a time.
   */
  readonly budgetMs?: number
  /** 'public' drains microtasks by documented means only, which is three to four times slower. */
  readonly drain?: DrainChoice
  /**
   * 'handle' finds the current task without AsyncLocalStorage; right only for programs that await nothing but this
   * loop's things.
   */
  readonly attribution?: 'handle' | 'async-context'
  /** Decides orders that are not promised; see @loop/policy. */
  readonly order?: OrderPolicy
  /** The runtime's timers and ticks. */
  readonly host?: Host
}
