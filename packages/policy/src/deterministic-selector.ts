/**
 * When the time of a deterministic loop moves.
 *
 *     nothing ready ─> settle: the host goes round its own loop ─> wait for promises ─> rest ─> jump to the next
 *     deadline
 *                      something wakes the loop: start again                             └──> no deadline: a deadlock?
 *
 * Settling lets what is outside the loop, but takes no real time, happen first: promises, ticks, and chains of up to
 * SETTLE_ROUNDS setImmediate calls. Promises that the loop was given (`loop.wrap`, `waitFor(promise)`) have as long as
 * the keeper's patience lasts. What else takes real time is not waited for, unless somebody holds the clock.
 */
import type { HostTimer, ReadyEvents } from '@loop/core/lowlevel'
import { MemorySelector } from '@loop/core/testing'
import type { DeterministicClock } from './deterministic-clock.ts'

/**
 * Rounds of the host's loop before time jumps: three, as each costs a microsecond and test code seldom nests more
 * immediates.
 */
const SETTLE_ROUNDS = 3
/**
 * Real milliseconds between two looks at promises: a promise that nobody awaits does not wake the loop when it settles.
 */
const LOOK_AGAIN_MS = 1

/** The loop, as its selector sees it. */
export interface TimeKeeper {
  /** Real milliseconds for which time still waits for promises from outside, after `waited` of them; 0 to go on. */
  patience(waited: number): number
  /** It rests with no deadline ahead; gives the real milliseconds after which it is to be asked once more, or null. */
  stuck(again: boolean): number | null
  /** Time has jumped to a deadline. */
  jumped(): void
  /** Another turn follows at the same time: the `turns`th in a row. */
  turned(turns: number): void
}

const nobody: TimeKeeper = { patience: () => 0, stuck: () => null, jumped: () => {}, turned: () => {} }

/** A selector in virtual time that knows when its loop rests. */
export class DeterministicSelector extends MemorySelector {
  private dueAt = Infinity
  private resting = false
  private settling: HostTimer = null
  private waiting: HostTimer = null
  /** Host time since which it waits for promises. */
  private waitingSince: number | null = null
  /** Turns in a row without rest. */
  private turns = 0
  private keeper: TimeKeeper = nobody

  /**
   * @param time The loop's clock
   * @param autojump Whether time jumps by itself when the loop rests
   */
  constructor(
    private readonly time: DeterministicClock,
    private readonly autojump: boolean,
  ) {
    super(time)
  }

  /** Joins it to its loop. */
  attach(keeper: TimeKeeper): void {
    this.keeper = keeper
  }

  /** Whether nothing happens until time moves or something outside wakes the loop. */
  get isResting(): boolean {
    return this.resting
  }

  /** Loop time of the end of the wait, or Infinity. */
  get deadlineAhead(): number {
    return this.dueAt
  }

  override wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void {
    const done = (events: ReadyEvents): void => {
      this.unsettle()
      deliver(events)
    }
    if (timeoutMs === 0 || this.poll().length > 0) {
      this.keeper.turned(++this.turns)
      super.wait(0, done)
      return
    }
    this.dueAt = timeoutMs === null ? Infinity : this.time.now() + timeoutMs
    super.wait(null, done)
    this.settle(SETTLE_ROUNDS)
  }

  override wake(): void {
    this.unsettle()
    super.wake()
  }

  override close(): void {
    this.unsettle()
    super.close()
  }

  /** Begins to count turns anew. */
  forgetTurns(): void {
    this.turns = 0
  }

  private settle(rounds: number): void {
    this.settling = this.host.immediate(() => {
      if (rounds > 1) this.settle(rounds - 1)
      else this.settled()
    })
  }

  private settled(): void {
    this.settling = null
    this.turns = 0
    if (!this.waitForPromises()) this.rest()
  }

  /** With no deadline ahead a deadlock is all that can follow, which has a patience of its own. */
  private waitForPromises(): boolean {
    if (this.jumps && this.dueAt === Infinity) return false
    const now = this.host.now()
    this.waitingSince ??= now
    if (this.keeper.patience(now - this.waitingSince) <= 0) return false
    this.waiting = this.host.timer(() => {
      this.waiting = null
      if (!this.waitForPromises()) this.rest()
    }, LOOK_AGAIN_MS)
    return true
  }

  private rest(): void {
    this.resting = true
    if (!this.jumps) return
    if (this.dueAt === Infinity) {
      this.beStuck()
      return
    }
    this.time.moveTo(this.dueAt)
    this.keeper.jumped()
    this.wake()
  }

  /** Whether time jumps by itself, now. */
  private get jumps(): boolean {
    return this.autojump && !this.time.held && !this.time.advancing
  }

  private beStuck(): void {
    const patienceMs = this.keeper.stuck(false)
    if (patienceMs === null) return
    this.waiting = this.host.timer(() => {
      this.waiting = null
      if (this.jumps) this.keeper.stuck(true)
    }, patienceMs)
  }

  private unsettle(): void {
    if (this.settling !== null) this.host.clearImmediate(this.settling)
    if (this.waiting !== null) this.host.clearTimer(this.waiting)
    this.settling = null
    this.waiting = null
    this.waitingSince = null
    this.resting = false
    this.dueAt = Infinity
  }
}
