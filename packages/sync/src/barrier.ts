import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine } from '@loop/core'
import { Condition } from './condition.ts'
import { BrokenBarrierError } from './errors.ts'

/**
 * The life of a barrier:
 *
 *     filling ──last party arrives──> draining ──last party has left──> filling
 *     filling ──reset, parties inside──> resetting ──last party has left──> filling
 *     any ──abort──> broken ──reset──> filling
 */
type Phase = 'filling' | 'draining' | 'resetting' | 'broken'

/**
 * A meeting point: `wait` goes on when as many tasks as there are parties wait there.
 *
 * ```ts
 * const start = new Barrier(3)
 * await start.wait() // in three tasks
 * ```
 */
export class Barrier {
  /** How many tasks have to meet. */
  readonly parties: number
  private phase: Phase = 'filling'
  private inside = 0
  /** Told of each change of phase. */
  private readonly changed = new Condition()

  /** @param parties 1 or more. Throws RangeError for anything else. */
  constructor(parties: number) {
    if (!Number.isInteger(parties) || parties < 1)
      throw new RangeError(`a barrier has 1 or more parties, not ${parties}`)
    this.parties = parties
  }

  /** How many tasks wait for the others now. */
  get nWaiting(): number {
    return this.phase === 'filling' ? this.inside : 0
  }

  /** Whether it was aborted. */
  get broken(): boolean {
    return this.phase === 'broken'
  }

  /**
   * Waits until all parties are here, and gives this one's number, from 0 to parties - 1, in order of arrival.
   * Throws BrokenBarrierError when the barrier is or gets aborted, or is reset meanwhile.
   */
  wait(): Awaitable<number> {
    return coroutine(this.waiting())
  }

  /** Makes it usable again from the start; tasks that wait get a BrokenBarrierError. */
  reset(): Awaitable<void> {
    return this.enterPhase(() => (this.inside > 0 ? 'resetting' : 'filling'))
  }

  /** Breaks it: those who wait, now or later, get a BrokenBarrierError. */
  abort(): Awaitable<void> {
    return this.enterPhase(() => 'broken')
  }

  private enterPhase(next: () => Phase): Awaitable<void> {
    return this.changed.with(
      function* (this: Barrier): Coroutine<void> {
        this.phase = next()
        this.changed.notifyAll()
      }.bind(this),
    )
  }

  private *waiting(): Coroutine<number> {
    yield* this.changed.acquiring()
    try {
      yield* this.enter()
      const number = this.inside++
      try {
        yield* this.meet(number)
        return number
      } finally {
        this.leave()
      }
    } finally {
      this.changed.release()
    }
  }

  /** Waits outside while an earlier round leaves. */
  private *enter(): Coroutine<void> {
    yield* this.changed.waitingFor(() => this.phase !== 'draining' && this.phase !== 'resetting')
    if (this.phase === 'broken') throw new BrokenBarrierError('the barrier was aborted')
  }

  private *meet(number: number): Coroutine<void> {
    if (number + 1 === this.parties) {
      this.phase = 'draining'
      this.changed.notifyAll()
      return
    }
    yield* this.changed.waitingFor(() => this.phase !== 'filling')
    if (this.phase !== 'draining')
      throw new BrokenBarrierError(`the barrier was ${this.phase === 'broken' ? 'aborted' : 'reset'}`)
  }

  private leave(): void {
    if (--this.inside > 0) return
    if (this.phase !== 'broken') this.phase = 'filling'
    this.changed.notifyAll()
  }
}
