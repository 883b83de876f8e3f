/*
 * Long because a future, and its side that is awaited, are one state machine: what ends it, whom that wakes, and with
 * what.
 */
import type { AsyncResource } from 'node:async_hooks'
import type { InspectOptions } from 'node:util'
import type { ExceptionContext, Runnable } from '../contracts/observe.ts'
import type { AnyFunction } from '../contracts/services.ts'
import { checkPlainCallback } from '../base/checks.ts'
import { CancelledError, InvalidStateError, isCancellation } from '../base/errors.ts'
import { type Inspect, INSPECT, inspectInside } from '../base/inspection.ts'
import type { Failed, Unseen } from '../base/unseen-failures.ts'
import { withResolvers, resolveAsIs } from '../base/with-resolvers.ts'
import { requestMessage } from '../turn/cancel-message.ts'
import { Handle, originContext } from '../turn/handle.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { captureContext } from '../turn/loop-state.ts'
import { runningState } from '../turn/running.ts'
import type { Scope } from '../turn/scope.ts'
import type { Suspension } from './awaitable.ts'
import { Thenable } from './awaitable.ts'

const PENDING = 0
const FULFILLED = 1
const FAILED = 2
const CANCELLED = 3

/**
 * A result that does not exist yet.
 *
 * Its callbacks are scheduled on the loop when it is done, never called inside `setResult`. `await future` in a task
 * suspends until a later turn, unless the future is already done: then the task goes on at once.
 */
export class Future<T = unknown> extends Thenable<T> implements Failed {
  private phase: 0 | 1 | 2 | 3 = PENDING
  private value: unknown = undefined
  private first: Runnable | null = null
  private more: Runnable[] | null = null
  /** @internal */
  unseen: Unseen | null = null

  /** @internal Use `loop.createFuture()`. */
  constructor(/** @internal */ readonly state: LoopState) {
    super()
    if (state.origins !== null) state.noteOrigin(this)
  }

  /** Whether there is a result, an exception or a cancellation. */
  done(): boolean {
    return this.phase !== PENDING
  }

  /** Whether it was cancelled. */
  cancelled(): boolean {
    return this.phase === CANCELLED
  }

  /** The result. Throws its exception, CancelledError, or InvalidStateError when it is not done. */
  result(): T {
    if (this.phase === FULFILLED) return this.value as T
    if (this.phase === PENDING) throw new InvalidStateError('the result is not ready: the future is still pending')
    throw this.failure()
  }

  /**
   * The exception, or null when it has a result. Throws CancelledError when cancelled, InvalidStateError when not done.
   */
  exception(): unknown {
    if (this.phase === PENDING) throw new InvalidStateError('the exception is not set: the future is still pending')
    if (this.phase === CANCELLED) throw this.failure()
    return this.phase === FAILED ? this.failure() : null
  }

  /** Ends it with a result. Throws InvalidStateError when it is already done. */
  setResult(value: T): void {
    this.settle(FULFILLED, value)
  }

  /** Ends it with an exception. Throws InvalidStateError when it is already done. */
  setException(exception: unknown): void {
    this.settle(FAILED, exception)
    this.state.unseen.add(this, this.state.running)
    this.schedule()
  }

  /**
   * Ends it as cancelled and says true; false when it was already done. The message goes into the CancelledError;
   * without one it says who asked.
   */
  cancel(message?: string): boolean {
    if (this.phase !== PENDING) return false
    this.endCancelled(requestMessage(message))
    return true
  }

  /** Schedules `callback(future)` for when it is done; in the next turn if it already is. */
  addDoneCallback(callback: (future: this) => unknown): void {
    checkPlainCallback(callback as AnyFunction, 'addDoneCallback')
    this.whenDone(new Handle(this.state, callback, 1, this, null))
  }

  /** Removes every registration of `callback` and says how many there were. */
  removeDoneCallback(callback: (future: this) => unknown): number {
    if (this.first === null) return 0
    const kept = [this.first, ...(this.more ?? [])].filter(
      (entry) => !(entry instanceof Handle && entry.target === (callback as AnyFunction)),
    )
    const removed = 1 + (this.more?.length ?? 0) - kept.length
    this.first = kept[0] ?? null
    this.more = kept.length > 1 ? kept.slice(1) : null
    return removed
  }

  /**
   * Makes it a thenable, so that it can be awaited. In a task it also tells the task what it waits for, which is how
   * cancellation finds the future, through `Promise.all` too.
   */
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.phase !== PENDING) {
      // Within the same drain, so that a task that awaits a done future goes on before the next handle.
      const promise = this.phase === FULFILLED ? Promise.resolve(this.value as T) : Promise.reject(this.failure())
      return promise.then(onFulfilled, onRejected)
    }
    const scope = this.state.currentScope()
    const running = scope === null ? runningState() : this.state
    if (running !== null && running !== this.state && running.currentTask() !== null) {
      const error = new InvalidStateError(
        'a task awaits a future that belongs to another loop; await loop.wrap(future)',
      )
      return Promise.reject(error).then(onFulfilled, onRejected)
    }
    return this.awaitedBy(scope, onFulfilled, onRejected)
  }

  /** For `yield* future` in a generator task. */
  [Symbol.iterator](): Iterator<Suspension, T> {
    return new FutureIterator(this)
  }

  override get [Symbol.toStringTag](): string {
    return 'Future'
  }

  /** Prints `Future(pending)`, `Future(result 5)`, `Future(exception Error: …)`, `Future(cancelled)`. */
  [INSPECT](_depth: number, options: InspectOptions, inspect: Inspect): string {
    return `${this.constructor.name}(${this.describe(options, inspect)})`
  }

  /** @internal What it has become, as a part of its text. */
  describe(options: InspectOptions, inspect: Inspect): string {
    if (this.phase === PENDING) return 'pending'
    if (this.phase === CANCELLED) return 'cancelled'
    if (this.phase === FULFILLED) return `result ${inspectInside(this.value, options, inspect)}`
    return `exception ${this.value instanceof Error ? String(this.value) : inspectInside(this.value, options, inspect)}`
  }

  /** @internal `then` of a pending future for code in `scope`. */
  awaitedBy<A = T, B = never>(
    scope: Scope | null,
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (scope !== null && scope.task === (this as unknown)) {
      // Code that the task left running may wait for the task.
      if (this.state.current?.task !== scope.task) return this.awaitedBy(null, onFulfilled, onRejected)
      return Promise.reject(new InvalidStateError('a task cannot await itself')).then(onFulfilled, onRejected)
    }
    const refusal = scope === null ? null : scope.startWaiting(this)
    if (refusal !== null) {
      this.notAwaited()
      return throwTraced(refusal).then(onFulfilled as never, onRejected)
    }
    const reaction = new FutureReaction<T, A | B>(this, scope, onFulfilled, onRejected)
    this.whenDone(reaction)
    return reaction.promise
  }

  /** Code that was left behind does not wait for it after all. */
  protected notAwaited(): void {}

  /** Whether anything happens when it is done. */
  protected get isWatched(): boolean {
    return this.first !== null
  }

  /** @internal Whether it has a result. */
  get succeeded(): boolean {
    return this.phase === FULFILLED
  }

  /** @internal Puts `runnable` into the ready queue when done. */
  whenDone(runnable: Runnable): void {
    if (this.phase !== PENDING) this.state.push(runnable)
    else if (this.first === null) this.first = runnable
    else if (this.more === null) this.more = [runnable]
    else this.more.push(runnable)
  }

  /** @internal The exception or CancelledError of a failed future; counts as having looked at it. */
  failure(): unknown {
    if (this.unseen !== null) this.state.unseen.look(this)
    return this.phase === CANCELLED ? new CancelledError(this.value as string | undefined) : this.value
  }

  /** @internal Its exception, without looking at it. */
  get failedWith(): unknown {
    return this.value
  }

  /** @internal */
  unseenContext(): ExceptionContext {
    return { message: this.describeUnseen(), ...originContext(this.state, this) }
  }

  /** @internal The state as text: 'pending', 'finished', 'failed' or 'cancelled'. */
  get status(): string {
    return (['pending', 'finished', 'failed', 'cancelled'] as const)[this.phase]
  }

  /** @internal What will be reported when nobody looks at the exception. */
  protected describeUnseen(): string {
    return 'Future exception was never retrieved'
  }

  /** Ends it as cancelled with just this message. */
  protected endCancelled(message: string | undefined): void {
    this.settle(CANCELLED, message)
  }

  private settle(phase: 1 | 2 | 3, value: unknown): void {
    if (this.phase !== PENDING) {
      throw new InvalidStateError(`the future is already done (${this.status}); it can be set only once`)
    }
    this.phase = phase
    this.value = value
    if (phase !== FAILED) this.schedule()
  }

  private schedule(): void {
    const { first, more, state } = this
    if (first === null) return
    this.first = null
    this.more = null
    state.push(first)
    if (more !== null) for (const runnable of more) state.push(runnable)
  }
}

/** One `then` on a pending future: registered as its callback, run as a handle of a later turn. */
class FutureReaction<T, R> implements Runnable {
  readonly promise: Promise<R>
  private readonly resolve: (value: R | PromiseLike<R>) => void
  private readonly reject: (reason: unknown) => void
  private readonly context: AsyncResource = captureContext()

  constructor(
    private readonly future: Future<T>,
    private readonly scope: Scope | null,
    private readonly onFulfilled: ((value: T) => unknown) | null | undefined,
    private readonly onRejected: ((reason: unknown) => unknown) | null | undefined,
  ) {
    const { promise, resolve, reject } = withResolvers<R>()
    this.promise = promise
    this.resolve = resolve
    this.reject = reject
  }

  /** For observers, which name a wake-up by its task. */
  get task(): unknown {
    return this.scope?.task ?? null
  }

  run(): void {
    const { future, scope } = this
    let cancellation: Error | null = null
    if (scope !== null) {
      future.state.current = scope
      cancellation = scope.stopWaiting(future)
      // A cancellation that comes out of the future already is one; it keeps its message.
      if (cancellation !== null && !future.succeeded && isCancellation(future.failure()) !== null) cancellation = null
    }
    this.context.runInAsyncScope(cancellation === null ? settleReaction : failReaction, this as never, cancellation)
  }

  settle(): void {
    const { future, onFulfilled } = this
    if (!future.succeeded) {
      this.fail(future.failure())
      return
    }
    if (typeof onFulfilled !== 'function') {
      resolveAsIs(this.resolve, future.result() as unknown as R)
      return
    }
    try {
      this.resolve(onFulfilled(future.result()) as R)
    } catch (error) {
      this.reject(error)
    }
  }

  fail(reason: unknown): void {
    const { onFulfilled, onRejected } = this
    const handled = typeof onRejected === 'function'
    if (reason instanceof CancelledError) {
      const thrown = throwTraced(reason)
      if (handled) this.resolve(thrown.then(onFulfilled as never, onRejected) as Promise<R>)
      else thrown.then(this.resolve as () => void, this.reject)
      return
    }
    if (!handled) {
      this.reject(reason)
      return
    }
    try {
      this.resolve(onRejected(reason) as R)
    } catch (error) {
      this.reject(error)
    }
  }
}

const settled = Promise.resolve()

/**
 * A promise that rejects with a cancellation, which gets its stack in a reaction of that promise: there V8 follows the
 * promises to the functions that await them, and these are the only frames that say anything to a program's author.
 */
export function throwTraced(cancellation: CancelledError): Promise<never> {
  return settled.then(function thrower(): never {
    CancelledError.trace(cancellation, thrower)
    throw cancellation
  })
}

function settleReaction(this: FutureReaction<unknown, unknown>): void {
  this.settle()
}

function failReaction(this: FutureReaction<unknown, unknown>, reason: unknown): void {
  this.fail(reason)
}

/** The part of a future that is needed here. */
interface Settling<T> {
  done(): boolean
  result(): T
}

/** `yield* future`: suspends once if the future is pending, then gives its result. */
class FutureIterator<T> implements Iterator<Suspension, T> {
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
