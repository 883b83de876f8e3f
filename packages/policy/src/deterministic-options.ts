import { describe } from '@loop/core/lowlevel'
import { SeededRandom } from './random.ts'

/** Options of {@link deterministicLoop}. */
export interface DeterministicLoopOptions {
  /**
   * Decides every order that is not promised: of timers with the same deadline, of events that are ready together, of
   * results of the loop's executor. Without one, ties are first-in first-out. A whole number from 0 to 2^32 - 1.
   */
  readonly seed?: number
  /**
   * Varies durations, too, by the seed: half of the timers run late, by up to this part of their delay (0.5 is up to
   * half longer; true is 0.5). So of two operations of 10 and 14 ms either may end first. 0 by default; it needs a
   * seed.
   */
  readonly jitter?: number | boolean
  /** Wall time at loop time 0: a Date, its text, or milliseconds since 1970; 2000-01-01T00:00:00Z by default. */
  readonly start?: Date | string | number
  /**
   * Whether time jumps to the next deadline when all tasks wait (the default); without, the test moves it with
   * `clock.advance`.
   */
  readonly autojump?: boolean
  /** Keeps where tasks and futures were made, for reports of deadlocks (the default). Costs microseconds each. */
  readonly debug?: boolean
  /**
   * What time does while promises from outside are pending that the loop was given (`loop.wrap(promise)`,
   * `waitFor(promise, ms)`): 'hold' it (the default), or 'run' ahead of them.
   */
  readonly promises?: 'hold' | 'run'
  /**
   * Real milliseconds for which time is held for promises while nothing else happens; 4,000 by default, Infinity for no
   * end. A quarter of it when the runtime names nothing that is under way.
   */
  readonly patienceMs?: number
  /**
   * Jumps of time after which a main task that waits in vain beside tasks that only tick is taken for a deadlock;
   * 25,000 by default, Infinity for never.
   */
  readonly deadlockAfter?: number
  /** Told of the seed of each failing run; by default a line on standard error. */
  readonly onFailure?: (seed: number, error: unknown) => void
}

/** Any fixed time would do; this one is a round one. */
const DEFAULT_START = '2000-01-01T00:00:00Z'
/** Less than the 5 s of vitest's own limit, so that the test ends with what the loop has to say. */
const PATIENCE_MS = 4000
/** A heartbeat of a second beats for seven hours; it takes about a second of real time. */
const DEADLOCK_AFTER = 25_000
/** Half of a delay more lets most neighbours change places. */
const JITTER = 0.5

/** What the options say, checked and with what they leave out. */
export interface Settings {
  readonly seed: number | null
  /** What the seed decides with; null without one. */
  readonly random: SeededRandom | null
  /** The most that a timer is late, as a part of its delay. */
  readonly jitter: number
  /** Wall time at loop time 0, in milliseconds since 1970. */
  readonly startMs: number
  readonly autojump: boolean
  readonly debug: boolean
  readonly promises: 'hold' | 'run'
  readonly patienceMs: number
  readonly deadlockAfter: number
  readonly onFailure: (seed: number, error: unknown) => void
}

/** Reads the options. Throws TypeError or RangeError for what means nothing. */
export function settingsOf(options: DeterministicLoopOptions): Settings {
  const { seed = null, autojump = true, debug = true, onFailure = printSeed } = options
  const { promises = 'hold', patienceMs = PATIENCE_MS, deadlockAfter = DEADLOCK_AFTER } = options
  if (typeof onFailure !== 'function')
    throw new TypeError(`onFailure is a function that takes a seed and an error, not ${describe(onFailure)}`)
  if (promises !== 'hold' && promises !== 'run')
    throw new RangeError(`promises is 'hold' or 'run', not ${describe(promises)}`)
  checkCount(patienceMs, 'patienceMs', 'a number of milliseconds')
  checkCount(deadlockAfter, 'deadlockAfter', 'a number of jumps')
  const random = seed === null ? null : new SeededRandom(seed)
  const jitter = jitterOf(options.jitter, random)
  const startMs = toMilliseconds(options.start ?? DEFAULT_START)
  return { seed, random, jitter, startMs, autojump, debug, promises, patienceMs, deadlockAfter, onFailure }
}

function jitterOf(jitter: number | boolean | undefined, random: SeededRandom | null): number {
  if (jitter === undefined || jitter === false || jitter === 0) return 0
  if (jitter !== true && !(typeof jitter === 'number' && jitter > 0 && jitter < Infinity)) {
    throw new RangeError(
      `jitter is true, or how much of its delay a timer may be late: a number from 0 on, not ${describe(jitter)}`,
    )
  }
  if (random === null) throw new TypeError('jitter is decided by a seed; give one, or let explore do so')
  return jitter === true ? JITTER : jitter
}

function checkCount(value: number, name: string, what: string): void {
  if (typeof value !== 'number' || !(value >= 0))
    throw new RangeError(`${name} is ${what}, 0 or more, not ${describe(value)}`)
}

function toMilliseconds(start: Date | string | number): number {
  const ms = new Date(start).getTime()
  if (Number.isNaN(ms))
    throw new RangeError(`start is a Date, its text or milliseconds since 1970, not ${describe(start)}`)
  return ms
}

function printSeed(seed: number): void {
  console.error(`this run failed under seed ${seed}; deterministicLoop({ seed: ${seed} }) runs it again`)
}
