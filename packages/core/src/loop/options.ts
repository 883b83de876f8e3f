import type { Selector } from '../contracts/selector.ts'
import type { Clock, Executor, OrderPolicy, SignalSource, ThreadDoor } from '../contracts/services.ts'
import { checkTime } from '../base/checks.ts'
import type { DrainChoice } from '../host/drain.ts'
import type { Host } from '../host/host.ts'

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

/** Throws TypeError or RangeError for options of a loop that mean nothing. */
export function checkLoopOptions(options: LoopOptions): void {
  for (const name of ['budgetMs', 'slowCallbackMs'] as const) {
    const value = options[name]
    if (value === undefined) continue
    checkTime(value, name)
    if (value < 0) throw new RangeError(`${name} must not be negative: ${value}`)
  }
  checkPart(options.selector, 'selector', ['wait', 'wake', 'register', 'modify', 'unregister', 'close'])
  checkPart(options.clock, 'clock', ['now'])
  checkChoice(options.drain, 'drain', ['auto', 'public'])
  checkChoice(options.attribution, 'attribution', ['handle', 'async-context'])
}

/** Throws TypeError for an option whose methods are not all there. */
function checkPart(part: object | undefined, name: string, methods: readonly string[]): void {
  if (part === undefined) return
  const missing = methods.filter((method) => typeof (part as Record<string, unknown> | null)?.[method] !== 'function')
  if (missing.length > 0)
    throw new TypeError(
      `${name} must be an object with the methods ${methods.join(', ')}; it has no ${missing.join(', ')}`,
    )
}

function checkChoice(value: string | undefined, name: string, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return
  throw new RangeError(
    `${name} must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}, not ${String(value)}`,
  )
}
