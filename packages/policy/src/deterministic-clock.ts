/**
 * The time of a deterministic loop: one monotonic clock that moves only when the loop or the test moves it, and a wall
 * clock derived from it.
 */
import { describe, nodeHost } from '@loop/core/lowlevel'
import { VirtualClock } from '@loop/core/testing'

/** The loop, as its clock sees it. */
export interface ClockOwner {
  isRunning(): boolean
  /** Whether nothing happens in the loop until time moves or something outside wakes it. */
  isResting(): boolean
  /** Loop time of the next timer; Infinity when there is none. */
  nextDeadline(): number
  /** Lets the loop look at its clock. */
  wake(): void
}

/** The clock of a deterministic loop: `loop.clock`. Loop time starts at 0. */
export class DeterministicClock extends VirtualClock {
  private owner: ClockOwner | null = null
  private holds = 0
  private advances = 0

  /** @param startMs Wall time at loop time 0, in milliseconds since 1970, UTC */
  constructor(private readonly startMs: number) {
    super(0)
  }

  /** The wall time. */
  wallTime(): Date {
    return new Date(this.wall.now())
  }

  /** The wall time as a clock of milliseconds since 1970, whole ones: for cron and for whoever takes a `Date.now`. */
  readonly wall = {
    now: (): number => Math.round(this.startMs + this.now()),
  }

  /**
   * Moves time on by `ms` milliseconds, stopping at each deadline on the way, so that every timer runs at its own time.
   * Resolves once the loop has come to rest after that. Call it from outside the loop's tasks, with `autojump: false`.
   * Rejects with TypeError for what is no number, and with RangeError for one that is negative, NaN or beyond the 2^53
   * - 1 to which a clock counts in milliseconds: a program that is to run to its end takes `autojump`.
   */
  override async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number') throw new TypeError(`a clock is moved by a number of milliseconds, not ${describe(ms)}`)
    if (!(ms >= 0)) throw new RangeError(`a clock moves forward only, not by ${ms} ms`)
    const target = this.now() + ms
    if (target > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(
        `advance(${ms}) goes beyond what a clock counts to; to run a program to its end, let time jump (autojump: true)`,
      )
    }
    this.advances++
    try {
      for (;;) {
        await this.rest()
        const next = this.owner?.isRunning() === true ? this.owner.nextDeadline() : Infinity
        this.moveTo(Math.min(next, target))
        this.owner?.wake()
        if (next > target) break
      }
      await this.rest()
    } finally {
      this.advances--
      this.owner?.wake()
    }
  }

  /** @internal Whether `advance` is moving the time. */
  get advancing(): boolean {
    return this.advances > 0
  }

  /**
   * Keeps time from jumping until the end of the scope, however long: for work outside the loop that takes real time
   * and that the loop does not know of, such as a bare `await fetch(url)`. Meanwhile waiting tasks are no deadlock.
   *
   * ```ts
   * using held = loop.clock.hold()
   * const response = await fetch(url)
   * ```
   */
  hold(): Disposable {
    this.holds++
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        this.holds--
        this.owner?.wake()
      },
    }
  }

  /** Whether somebody holds the time. */
  get held(): boolean {
    return this.holds > 0
  }

  /** @internal Joins the clock to its loop. */
  attach(owner: ClockOwner): void {
    this.owner = owner
  }

  /** Resolves when the loop rests or does not run, asked once in each round of the host's own loop. */
  private async rest(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        nodeHost.immediate(resolve)
      })
    } while (this.owner?.isRunning() === true && !this.owner.isResting())
  }
}
