/**
 * When the time of a deterministic loop moves.
 *
 *     nothing ready ─> settle: the host goes round its own loop ─> rest ─> jump to the next deadline
 *                      something wakes the loop: start again          └──> no deadline: a deadlock?
 *
 * Settling lets what is outside the loop, but takes no real time, happen first: promises, ticks, and chains of up to
 * SETTLE_ROUNDS setImmediate calls. What takes real time (files, sockets, setTimeout, workers) is not waited for, unless
 * somebody holds the clock.
 */
import type { HostTimer, ReadyEvents } from '@loop/core'
import { MemorySelector } from '@loop/core/testing'
import type { DeterministicClock } from './deterministic-clock.ts'

/** Rounds of the host's loop before time jumps: three, as each costs a microsecond and test code seldom nests more immediates. */
const SETTLE_ROUNDS = 3

/** A selector in virtual time that knows when its loop rests. */
export class DeterministicSelector extends MemorySelector {
  private dueAt = Infinity
  private resting = false
  private settling: HostTimer = null
  private patience: HostTimer = null

  /**
   * @param time The loop's clock
   * @param autojump Whether time jumps by itself when the loop rests
   * @param onStuck Called when it rests with no deadline ahead; gives the real milliseconds after which it wants to be
   *   called once more if nothing happened until then, or null
   */
  constructor(
    private readonly time: DeterministicClock,
    private readonly autojump: boolean,
    private readonly onStuck: (again: boolean) => number | null,
  ) {
    super(time)
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

  private settle(rounds: number): void {
    this.settling = this.host.immediate(() => {
      if (rounds > 1) this.settle(rounds - 1)
      else this.rest()
    })
  }

  private rest(): void {
    this.settling = null
    this.resting = true
    if (!this.autojump || this.time.held) return
    if (this.dueAt === Infinity) {
      this.beStuck()
      return
    }
    this.time.moveTo(this.dueAt)
    this.wake()
  }

  private beStuck(): void {
    const patienceMs = this.onStuck(false)
    if (patienceMs === null) return
    this.patience = this.host.timer(() => {
      this.patience = null
      if (!this.time.held) this.onStuck(true)
    }, patienceMs)
  }

  private unsettle(): void {
    if (this.settling !== null) this.host.clearImmediate(this.settling)
    if (this.patience !== null) this.host.clearTimer(this.patience)
    this.settling = null
    this.patience = null
    this.resting = false
    this.dueAt = Infinity
  }
}
