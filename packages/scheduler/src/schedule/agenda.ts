/**
 * What is due when, for all jobs of a scheduler: two queues, one for each clock, and one timer of the loop.
 *
 *     monotonic   loop time  ─┐
 *                             ├─> one timer: the earliest of both, at most 30 s away ──> look at the clocks, take what
 *                             is due
 *     wall        epoch ms   ─┘
 *
 * Entries keep the time of the clock they follow, so a clock that is set needs no re-sorting: the next look simply
 * finds other entries due. Looking every 30 s bounds how late that, or the end of a sleep, is noticed. Adding an entry
 * and taking one cost O(log n), whatever the number of jobs.
 */
import type { EventLoop, TimerHandle } from '@loop/core'
import { DueQueue, Entry, MOST_KEPT } from './due-queue.ts'
import type { Moment, Timeline } from './schedule.ts'
import type { WallClock } from '../base/wall-clock.ts'

/** The longest time without a look at the clocks, in milliseconds. */
const RECHECK_MS = 30_000

/** A sorted plan over two clocks, waking up through the loop. */
export class Agenda<T> {
  private readonly monotonic = new DueQueue<T>()
  private readonly wall = new DueQueue<T>()
  private timer: TimerHandle | null = null
  private wakeAt = Infinity
  private readonly batch: Entry<T>[] = []
  /** During a wake-up, which arms once at its end. */
  private waking = false
  private stopped = false

  constructor(
    private readonly loop: EventLoop,
    private readonly clock: WallClock,
    /** Called at each wake-up, before anything is taken, with the loop time it was planned for. */
    private readonly look: (loopTime: number, expected: number) => void,
    /**
     * Called for each item that is due, with the clocks' readings at the wake-up: one for all, for a reading costs as
     * much as an entry.
     */
    private readonly due: (item: T, now: Moment) => void,
  ) {}

  /** Entries that wait. */
  get size(): number {
    return this.monotonic.size + this.wall.size
  }

  /** Plans `item` for a time of one of the clocks; keep the entry for `remove`. */
  add(item: T, timeline: Timeline, deadline: number): Entry<T> {
    const entry = new Entry(item, timeline, deadline)
    if (timeline === 'monotonic') {
      this.monotonic.add(entry)
      if (deadline < this.wakeAt) this.arm(this.loop.time())
    } else {
      this.wall.add(entry)
      if (this.wakeAt === Infinity || deadline - this.clock.now() < this.wakeAt - this.loop.time())
        this.arm(this.loop.time())
    }
    return entry
  }

  /** Plans an entry that was taken once more, for a later time; costs no new one. */
  again(entry: Entry<T>, deadline: number): void {
    entry.deadline = deadline
    this[entry.timeline].addAgain(entry)
    // During a wake-up, as nearly always, the timer is armed at its end.
    if (!this.waking) this.arm(this.loop.time())
  }

  /** Takes an entry out; nothing happens when it was taken already. */
  remove(entry: Entry<T>): void {
    this[entry.timeline].remove(entry)
  }

  /** Looks at the clocks, takes what is due, and plans the next wake-up. */
  private readonly wakeUp = (): void => {
    const now = this.loop.time()
    const expected = this.wakeAt
    this.timer = null
    this.waking = true
    try {
      this.look(now, expected)
      const reading = { loop: now, wall: this.clock.now() }
      this.take(this.monotonic, now, reading)
      this.take(this.wall, reading.wall, reading)
    } finally {
      this.waking = false
      this.wakeAt = Infinity
      this.arm(this.loop.time())
    }
  }

  /** Stops waking up. */
  stop(): void {
    this.timer?.cancel()
    this.timer = null
    this.stopped = true
  }

  private take(queue: DueQueue<T>, now: number, reading: Moment): void {
    // What is planned from here on is for the next wake-up, even when it is due at once: nobody can spin here.
    const { batch } = this
    const count = queue.takeDue(now, batch)
    for (let i = 0; i < count; i++) if (batch[i]!.place === 'taken') this.due(batch[i]!.item, reading)
    // Kept for the next wake-up, which is often as long; what it points to is planned again nearly always.
    if (count > MOST_KEPT) batch.length = 0
  }

  private arm(now: number): void {
    if (this.waking || this.stopped || this.size === 0) return
    const byWall = this.wall.size > 0 ? this.wall.nextDeadline() - this.clock.now() : Infinity
    const wakeAt = Math.min(this.monotonic.nextDeadline(), now + byWall, now + RECHECK_MS)
    if (this.timer !== null) {
      if (wakeAt >= this.wakeAt) return
      this.timer.cancel()
    }
    this.wakeAt = wakeAt
    this.timer = this.loop.callAt(wakeAt, this.wakeUp)
  }
}
