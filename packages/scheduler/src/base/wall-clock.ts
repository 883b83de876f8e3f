/**
 * The wall clock, and whether it, or the machine, did something unexpected.
 *
 * The loop's clock is monotonic: it never jumps, and on most systems it stands still while the machine sleeps. The wall
 * clock is set by users and by NTP. A comparison of the two at each wake-up shows what happened:
 *
 *     wall - monotonic grew     the machine slept, or the clock was set forward (time since boot tells which)
 *     wall - monotonic shrank   the clock was set back
 *     both are late             the loop was blocked, or slept on a system whose monotonic clock counts sleep
 */
import type { EventLoop } from '@loop/core'
import { wallClock } from '@loop/core/lowlevel'
import { uptime } from 'node:os'

/** A wall clock; injected so that tests and simulated loops have their own. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /**
   * Milliseconds since the machine was started, sleep included, where that is known; distinguishes sleep from a clock set
   * forward.
   */
  sinceBoot?(): number
}

/** The system's own. */
export const systemWallClock: WallClock = {
  now: wallClock.now,
  sinceBoot: () => uptime() * 1000,
}

/** The wall clock that goes with a loop's time: its own in virtual time, else the system's. */
export function wallClockOf(loop: EventLoop): WallClock {
  return loop.wallClock === wallClock ? systemWallClock : loop.wallClock
}

/** What the clocks did. */
export type ClockJumpKind = 'suspend' | 'forward' | 'backward' | 'stall'

/** A jump of the clock, as events report it. */
export interface ClockJump {
  /**
   * 'suspend': the machine slept. 'forward', 'backward': the wall clock was set (or, for 'forward', the machine slept
   * and its clocks do not show it). 'stall': the loop did not run, blocked or asleep.
   */
  readonly kind: ClockJumpKind
  /** How far, in milliseconds; always positive. */
  readonly by: number
  /** Wall-clock time after it. */
  readonly at: Date
}

/**
 * Smaller differences are the clocks' own: NTP slews by at most half a millisecond a second, 15 ms between two looks.
 */
const TOLERANCE_MS = 1000
/** A loop that comes this late was not just busy. */
const STALL_MS = 10_000

/** Notices jumps, by comparing a wall clock with the loop's. */
export class ClockWatch {
  private offset: number
  private asleep: number

  constructor(
    private readonly wall: WallClock,
    loopTime: number,
  ) {
    this.offset = wall.now() - loopTime
    this.asleep = this.sleptUntil(loopTime)
  }

  /**
   * Looks at the clocks at loop time `loopTime`, when a wake-up was expected at `expected`; the jump since the last
   * look, if there was one.
   */
  look(loopTime: number, expected: number): ClockJump | null {
    const now = this.wall.now()
    const moved = now - loopTime - this.offset
    this.offset = now - loopTime
    const at = new Date(now)
    if (moved < -TOLERANCE_MS) return { kind: 'backward', by: -moved, at }
    if (moved > TOLERANCE_MS) return { kind: this.slept(loopTime, moved) ? 'suspend' : 'forward', by: moved, at }
    const late = loopTime - expected
    return late > STALL_MS ? { kind: 'stall', by: late, at } : null
  }

  private slept(loopTime: number, moved: number): boolean {
    const before = this.asleep
    this.asleep = this.sleptUntil(loopTime)
    return this.asleep - before > moved / 2
  }

  /** How much longer the machine has been up than the loop's clock has run, up to a constant. */
  private sleptUntil(loopTime: number): number {
    return (this.wall.sinceBoot?.() ?? loopTime) - loopTime
  }
}
