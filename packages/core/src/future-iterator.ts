import type { Suspension } from './awaitable.ts'
import { CancelledError, InvalidStateError } from './errors.ts'

/** The part of a future that is needed here. */
interface Settling<T> {
  done(): boolean
  result(): T
}

/** `yield* future`: suspends once if the future is pending, then gives its result. */
export class FutureIterator<T> implements Iterator<Suspension, T> {
  private yielded = false

  constructor(private readonly future: Settling<T>) {}

  next(): IteratorResult<Suspension, T> {
    const { future } = this
    if (future.done()) return { done: true, value: future.result() }
    // A task comes back once the future is done; a spread or a deep comparison would go round for ever.
    if (this.yielded)
      throw new InvalidStateError('a pending future cannot be iterated; a generator task waits for it with yield*')
    this.yielded = true
    return { done: false, value: future as unknown as Suspension }
  }

  throw(reason: unknown): never {
    CancelledError.trace(reason, this.throw)
    throw reason
  }

  return(value: T): IteratorResult<Suspension, T> {
    return { done: true, value }
  }
}
