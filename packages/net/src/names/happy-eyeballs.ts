/**
 * Connects to the first of several addresses that answers (RFC 8305): attempts start one after the other, the next when
 * the last one failed or was silent for a while, and all the others end when one succeeds.
 */
import type { EventLoop, Future, TimerHandle } from '@loop/core'
import { ConnectionFailedError } from '../contracts/errors.ts'

/** What the starter of an attempt reports: exactly one of the last two, once. */
export interface AttemptEvents<T> {
  /** It answers: true for the first to say so, and the others end; false when it is to end itself. */
  claim(): boolean
  succeeded(result: T): void
  failed(error: Error): void
}

/** Starts one attempt, and returns what ends it early. */
export type StartAttempt<A, T> = (address: A, events: AttemptEvents<T>) => () => void

/**
 * The future of the first attempt to succeed. It fails with the error of the only attempt, or a ConnectionFailedError
 * of all; cancelling it ends the attempts.
 */
export function firstToSucceed<A, T>(
  loop: EventLoop,
  addresses: readonly A[],
  start: StartAttempt<A, T>,
  options: { readonly delay: number; readonly place: string },
): Future<T> {
  return new Race(loop, addresses, start, options).future
}

class Race<A, T> {
  readonly future: Future<T>
  private readonly running = new Map<number, () => void>()
  private readonly errors: Error[] = []
  private started = 0
  /** An attempt answers; whatever becomes of it is the outcome. */
  private claimed = false
  private timer: TimerHandle | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly addresses: readonly A[],
    private readonly start: StartAttempt<A, T>,
    private readonly options: { readonly delay: number; readonly place: string },
  ) {
    this.future = loop.createFuture<T>()
    this.future.addDoneCallback(() => {
      this.endAllBut(null)
    })
    this.next()
  }

  private next(): void {
    this.timer?.cancel()
    this.timer = null
    if (this.future.done()) return
    if (this.started < this.addresses.length) this.attempt(this.started++)
    else if (this.running.size === 0) this.giveUp()
  }

  private attempt(number: number): void {
    const events: AttemptEvents<T> = {
      claim: () => {
        if (this.claimed || this.future.done()) return false
        this.claimed = true
        this.endAllBut(number)
        return true
      },
      succeeded: (result) => {
        // One that was cancelled in this very turn ends when the future's callback runs.
        if (this.future.done()) return
        this.running.delete(number)
        this.future.setResult(result)
      },
      failed: (error) => {
        if (!this.running.delete(number) || this.future.done()) return
        this.errors.push(error)
        if (this.claimed) this.future.setException(error)
        else this.next()
      },
    }
    try {
      this.running.set(number, this.start(this.addresses[number]!, events))
    } catch (error) {
      this.errors.push(error as Error)
      this.next()
      return
    }
    if (this.started < this.addresses.length) {
      this.timer = this.loop.callLater(this.options.delay, () => {
        this.next()
      })
    }
  }

  private giveUp(): void {
    const { errors } = this
    this.future.setException(errors.length === 1 ? errors[0] : new ConnectionFailedError(this.options.place, errors))
  }

  private endAllBut(kept: number | null): void {
    this.timer?.cancel()
    for (const [number, end] of this.running) {
      if (number === kept) continue
      this.running.delete(number)
      end()
    }
  }
}
