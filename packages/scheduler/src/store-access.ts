import type { EventLoop, Future } from '@loop/core'
import { JobStoreError } from './errors.ts'
import type { Answer, JobStore } from './store.ts'

/**
 * Asks a store, whether it answers directly or with a promise. A direct answer is passed on at once; another one in a
 * handle of the loop. Counts what is still open, so that an end can wait for it.
 */
export class StoreAccess {
  private open = 0
  private waiters: Future<undefined>[] = []

  constructor(
    private readonly loop: EventLoop,
    private readonly store: JobStore,
  ) {}

  /**
   * Asks; what the store throws goes to `failed`, as a JobStoreError unless it is one already. All three functions get
   * `subject`: what is asked for each run passes it here instead of making three closures.
   */
  ask<T, S = undefined>(
    question: (store: JobStore, subject: S) => Answer<T>,
    answered: (value: T, subject: S) => void,
    failed: (error: unknown, subject: S) => void,
    subject?: S,
  ): void {
    let answer: Answer<T>
    try {
      answer = question(this.store, subject as S)
    } catch (error) {
      failed(this.named(error), subject as S)
      return
    }
    if (isPromise(answer)) this.wait(answer, answered, failed, subject as S)
    else answered(answer, subject as S)
  }

  private wait<T, S>(
    answer: PromiseLike<T>,
    answered: (value: T, subject: S) => void,
    failed: (error: unknown, subject: S) => void,
    subject: S,
  ): void {
    this.open++
    this.loop.wrap(answer).addDoneCallback((done) => {
      this.open--
      const error = done.cancelled() ? new JobStoreError('the question was cancelled') : done.exception()
      if (error === null || error === undefined) answered(done.result(), subject)
      else failed(this.named(error), subject)
      if (this.open === 0) for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
    })
  }

  /** Done once no question is open. */
  quiet(): Future<undefined> {
    const future = this.loop.createFuture<undefined>()
    if (this.open === 0) future.setResult(undefined)
    else this.waiters.push(future)
    return future
  }

  private named(error: unknown): unknown {
    if (error instanceof JobStoreError) return error
    const reason = error instanceof Error ? error.message : String(error)
    return new JobStoreError(`job store "${this.store.name}": ${reason}`, { cause: error })
  }
}

function isPromise<T>(answer: Answer<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}
