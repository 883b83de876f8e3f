import type { Awaitable, Future, Suspension } from '@loop/core'
import type { ReadRequest } from './requests.ts'

/** What an operation needs of its reader. */
export interface OperationOwner {
  /** Takes the answer of a request, and lets the next operation begin. Throws the reader's failure. */
  answer<T>(operation: ReadOperation<T>): T
  /** The operation will not be answered: what arrived stays in the reader. */
  abandon(operation: ReadOperation<unknown>): void
}

/**
 * One read, to be awaited. While it waits, nothing is taken out of the reader: the answer is taken at the moment when
 * the awaiting task goes on, so a task that is cancelled in between, or a read that times out, loses no byte.
 */
export class ReadOperation<T> implements Awaitable<T> {
  readonly [Symbol.toStringTag] = 'ReadOperation'
  /** Whether somebody awaits it. */
  awaited = false
  private outcome: { readonly value: T } | { readonly error: unknown } | null = null

  constructor(
    private readonly owner: OperationOwner,
    readonly request: ReadRequest<T>,
    /** Done when the answer is there. */
    readonly arrival: Future<void>,
  ) {}

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited = true
    return this.arrival.then(
      () => {
        let value: T
        try {
          value = this.take()
        } catch (error) {
          // The caller's own handler gets it: an `await` hears nothing else.
          if (typeof onRejected === 'function') return onRejected(error)
          throw error
        }
        return typeof onFulfilled === 'function' ? onFulfilled(value) : (value as unknown as A)
      },
      (reason: unknown) => {
        this.owner.abandon(this)
        if (typeof onRejected === 'function') return onRejected(reason)
        throw reason
      },
    )
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally)
  }

  *[Symbol.iterator](): Generator<Suspension, T, unknown> {
    this.awaited = true
    try {
      yield* this.arrival
    } catch (error) {
      this.owner.abandon(this)
      throw error
    }
    return this.take()
  }

  /** Gives it up; what arrived stays in the reader. False when it was already answered. */
  cancel(message?: string): boolean {
    if (this.outcome !== null) return false
    this.owner.abandon(this)
    return this.arrival.cancel(message)
  }

  /** The answer; taken out of the reader the first time. */
  take(): T {
    if (this.outcome === null) {
      try {
        this.outcome = { value: this.owner.answer(this) }
      } catch (error) {
        this.outcome = { error }
      }
    }
    if ('error' in this.outcome) throw this.outcome.error
    return this.outcome.value
  }
}
