/**
 * How a pool and a thread use the words they share: who may touch a slot when, and who must wake whom.
 *
 * Each side publishes first and looks at the other's state second: the pool publishes slots, then looks whether the
 * worker sleeps; the worker says that it sleeps, then looks for slots. So one of them always sees, and the same goes
 * for answers and the bell. A test runs these very functions in every order of their steps.
 */
import { compareExchange, exchange, load, store } from '../worker/intrinsics.ts'
import type { SlotTable } from './slot-table.ts'

/** The pool's side of a table. */
export class PoolSide {
  /** Slots handed over so far. */
  private tail = 0
  /** Answers taken so far. */
  private head = 0

  constructor(private readonly table: SlotTable) {}

  /** Makes a slot, whose call is written, one that the worker may claim. */
  place(slot: number, aborted: boolean): void {
    const { abort, claim, QUEUED } = this.table
    store(abort, slot, aborted ? 1 : 0)
    store(claim, slot, QUEUED)
  }

  /** Puts a slot into the ring; the worker sees it after `publish`. */
  enqueue(slot: number): void {
    const { dispatched, MASK } = this.table
    dispatched[this.tail & MASK] = slot
    this.tail = (this.tail + 1) | 0
  }

  /** Shows the worker what was put into the ring; true when it sleeps and must be woken with a message. */
  publish(): boolean {
    const { control, DISPATCH_TAIL } = this.table
    store(control, DISPATCH_TAIL, this.tail)
    return this.claimWakeUp()
  }

  /** True when the worker sleeps and it is now on this side to wake it. */
  claimWakeUp(): boolean {
    const { control, WORKER_STATE, ASLEEP, AWAKE } = this.table
    return compareExchange(control, WORKER_STATE, ASLEEP, AWAKE) === ASLEEP
  }

  /** Takes a task back; true means that it never started and never will. Asking again gives the same answer. */
  revoke(slot: number): boolean {
    const { claim, QUEUED, REVOKED } = this.table
    const before = compareExchange(claim, slot, QUEUED, REVOKED)
    return before === QUEUED || before === REVOKED
  }

  /** What became of a slot whose worker is gone and whose answer never came. */
  fate(slot: number): 'revoked' | 'unstarted' | 'started' {
    const { claim, outcome, QUEUED, REVOKED, DONE, SKIPPED } = this.table
    const state = load(claim, slot)
    if (state === QUEUED) return 'unstarted'
    // The worker had passed over it, and did not come to say so.
    if (state === DONE && outcome[slot] === SKIPPED) return 'revoked'
    return state === REVOKED ? 'revoked' : 'started'
  }

  /** Calls `take` for each answer in the ring. The bell counts as rung until there are none, so that few are rung. */
  collect(take: (slot: number) => void): void {
    const { control, ANSWER_TAIL, POOL_BELL, answered, MASK } = this.table
    for (;;) {
      const tail = load(control, ANSWER_TAIL)
      while (this.head !== tail) {
        const slot = answered[this.head & MASK]!
        this.head = (this.head + 1) | 0
        take(slot)
      }
      store(control, POOL_BELL, 0)
      if (this.head === load(control, ANSWER_TAIL)) return
      store(control, POOL_BELL, 1)
    }
  }
}

/** The worker's side of a table. */
export class WorkerSide {
  /** Slots taken so far. */
  private head = 0
  /** Answers given so far. */
  private tail = 0

  constructor(private readonly table: SlotTable) {}

  /** Whether no slot is in the ring. */
  empty(): boolean {
    const { control, DISPATCH_TAIL } = this.table
    return this.head === load(control, DISPATCH_TAIL)
  }

  /** The next slot of a ring that is not empty. */
  take(): number {
    const { dispatched, MASK } = this.table
    const slot = dispatched[this.head & MASK]!
    this.head = (this.head + 1) | 0
    return slot
  }

  /** True when the thread may sleep now, and will be woken; false when a slot has come. */
  fallAsleep(): boolean {
    const { control, WORKER_STATE, ASLEEP } = this.table
    store(control, WORKER_STATE, ASLEEP)
    if (this.empty()) return true
    this.wakeUp()
    return false
  }

  wakeUp(): void {
    const { control, WORKER_STATE, AWAKE } = this.table
    store(control, WORKER_STATE, AWAKE)
  }

  /** Whether the task of a slot is this side's to run. */
  claim(slot: number): boolean {
    const { claim, QUEUED, RUNNING } = this.table
    return compareExchange(claim, slot, QUEUED, RUNNING) === QUEUED
  }

  /** Notes how the task of a slot ended; its answer follows, in the ring or in a message. */
  done(slot: number, outcome: number): void {
    const { claim, outcome: outcomes, DONE } = this.table
    outcomes[slot] = outcome
    store(claim, slot, DONE)
  }

  /** Gives the pool the answer of a slot; true when it must be rung. */
  answer(slot: number): boolean {
    const { control, ANSWER_TAIL, POOL_BELL, answered, MASK } = this.table
    answered[this.tail & MASK] = slot
    this.tail = (this.tail + 1) | 0
    store(control, ANSWER_TAIL, this.tail)
    return load(control, POOL_BELL) === 0 && exchange(control, POOL_BELL, 1) === 0
  }
}
