/**
 * Helpers that wait several times (`waitFor`, `timeout`, `taskGroup`, the primitives of @loop/sync) are written once,
 * as generators, and serve both kinds of coroutine function:
 *
 * - in a generator task, `yield* helper()` runs the generator as a part of the task, without any promise;
 * - in an async task, an async function drives it, so that `await helper()` starts at once, as JavaScript expects.
 */
import { CancelledError, InvalidStateError, isCancellation } from '../base/errors.ts'
import { isThenable } from '../base/kinds.ts'
import { hideThen, resolveAsIs } from '../base/with-resolvers.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { runningState } from '../turn/running.ts'
import type { Cancellable, Driver, Scope } from '../turn/scope.ts'
import type { Awaitable, Coroutine, Suspension } from './awaitable.ts'
import { Body, DRIVER, isIterable, ONE_TURN, Thenable, yieldable } from './awaitable.ts'
import { Future } from './future.ts'
import { resumeNextTurn } from './sleep.ts'

/**
 * Makes a generator awaitable by both kinds of coroutine function. In an async task, and whenever it becomes a future
 * (`waitFor(queue.get(), 100)`, `gather`), it can be cancelled: CancelledError is thrown where the generator waits.
 */
export function coroutine<T>(body: Coroutine<T>): Awaitable<T> {
  if (runningState()?.currentTask()?.isGenerator === true) return new LazyCoroutine(body)
  return start(body)
}

/** As {@link coroutine}, but nothing happens before it is awaited, in async tasks either. */
export function lazyCoroutine<T>(body: Coroutine<T>): Awaitable<T> {
  return new LazyCoroutine(body)
}

/**
 * Runs a coroutine function of either kind inside the calling generator:
 * `const value = yield* call(body, argument)`.
 */
export function* call<A extends unknown[], T>(
  body: (...args: A) => PromiseLike<T> | Coroutine<T> | T,
  ...args: A
): Coroutine<T> {
  return yield* follow(body(...args), (promise) => new Body(promise))
}

/** Runs `body` in `scope`, which a request can end also while the body is in an await of something foreign. */
export function* inScope<T>(scope: Scope, driver: Driver, body: () => PromiseLike<T> | Coroutine<T> | T): Coroutine<T> {
  const leave = driver.enter(scope)
  try {
    // It is resumed where it has gone to.
    yield DRIVER
    return yield* follow((scope.state as LoopState).within(scope, body), (promise) => promise)
  } finally {
    leave()
    yield DRIVER
  }
}

function* follow<T>(
  made: PromiseLike<T> | Coroutine<T> | T,
  wait: (promise: PromiseLike<T>) => Suspension,
): Coroutine<T> {
  // A list or a map is a value; generators have `next`, awaitables have `then` beside their iterator.
  if (made instanceof Future || made instanceof LazyCoroutine) return (yield* made as Awaitable<T>) as T
  if (isIterable(made) && 'next' in made) return (yield* made as Coroutine<T>) as T
  if (isThenable(made)) return (yield wait(made)) as T
  return made as T
}

const settled = Promise.resolve()

/** The promise of a generator that runs, with a way to cancel it. */
type Started<T> = Promise<T> & Awaitable<T> & Cancellable

function start<T>(body: Coroutine<T>): Started<T> {
  const drive = new Drive(body)
  const promise = yieldable(drive.start()) as Started<T>
  promise.cancel = (message) => drive.cancel(message)
  return promise
}

/** Runs a generator to its end with native awaits. */
class Drive<T> implements Cancellable, Driver {
  private promise: Promise<T> | null = null
  private awaited: Suspension = null
  private cancellation: CancelledError | null = null
  private running = true
  private readonly state: LoopState | null = runningState()
  private readonly around: Scope | null = this.state?.currentScope() ?? this.state?.outside ?? null
  /** Where the generator runs; outside of any loop it is never asked for. */
  scope: Scope = this.around!

  constructor(private readonly body: Iterator<Suspension, T, unknown>) {}

  start(): Promise<T> {
    return (this.promise = this.run())
  }

  private async run(): Promise<T> {
    const { body } = this
    try {
      let next = body.next()
      while (next.done !== true) {
        let value: unknown
        try {
          this.awaited = next.value
          const awaitable = this.wait(next.value)
          value = awaitable === this ? this : await awaitable
          if (this.cancellation !== null) throw this.cancellation
        } catch (error) {
          next = this.resume(true, this.replace(error))
          continue
        }
        next = this.resume(false, value)
      }
      // `return` would await a result that is a thenable: an item of a queue, say. Who awaits this goes on after
      // `restore`.
      const restore = hideThen(next.value)
      if (restore !== null) void settled.then(restore)
      return next.value
    } catch (error) {
      // A task that is cancelled may hold a helper that it has not awaited yet, and never will.
      if (isCancellation(error) !== null) void settled.then(() => this.promise!.catch(() => {}))
      throw error
    } finally {
      this.running = false
    }
  }

  enter(scope: Scope): () => void {
    const { scope: outer, state } = this
    this.scope = scope
    return () => {
      this.scope = outer
      if (state !== null && state.current === scope) state.current = outer
    }
  }

  /** Lets the generator go on where it is. */
  private resume(failed: boolean, sent: unknown): IteratorResult<Suspension, T> {
    const { body, state, scope } = this
    if (state === null || scope === this.around) return failed ? body.throw!(sent) : body.next(sent)
    const next = state.within(scope, (): IteratorResult<Suspension, T> =>
      failed ? body.throw!(sent) : body.next(sent),
    )
    // It has left the scope, and who awaits it goes on around.
    if (state.current === scope) state.current = this.scope
    return next
  }

  /** What to await for what the generator yielded; itself when it goes on at once. */
  private wait(suspension: Suspension): unknown {
    const { state, scope } = this
    if (suspension === DRIVER) return this
    if (suspension instanceof Body) return suspension.promise
    if (state === null) return suspension
    if (suspension === ONE_TURN || suspension === undefined || suspension === null)
      return resumeNextTurn(state, scope, suspension)
    if (suspension instanceof Future) {
      return suspension.state === state && !suspension.done() ? suspension.awaitedBy(scope) : suspension
    }
    return isThenable(suspension) ? cuttable(state, scope, suspension) : suspension
  }

  /** As a task's: through what it waits for if that can be cancelled, else when the wait is over. */
  cancel(message?: string): boolean {
    if (!this.running) return false
    const awaited = this.awaited as Partial<Cancellable> | null | undefined
    if (awaited?.cancel?.(message) !== true) this.cancellation = new CancelledError(message)
    return true
  }

  /** What is thrown instead of `error`: a cancellation that was asked for, unless it is one already. */
  private replace(error: unknown): unknown {
    const { cancellation } = this
    this.cancellation = null
    return isCancellation(error) === null ? (cancellation ?? error) : error
  }
}

/** A promise of `promise` that ends when a request to `scope` finds nothing else to end. */
function cuttable(state: LoopState, scope: Scope, promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let cut = false
    const cutOff = (reason: CancelledError): void => {
      cut = true
      scope.removeCut(cutOff)
      reject(reason)
    }
    const settled = (how: (outcome: never) => void, outcome: unknown, failed: boolean): void => {
      if (cut && failed) state.reportLate(outcome)
      scope.removeCut(cutOff)
      how(outcome as never)
    }
    scope.addCut(cutOff)
    promise.then(
      (value) => {
        settled(
          (outcome) => {
            resolveAsIs(resolve, outcome)
          },
          value,
          false,
        )
      },
      (error: unknown) => {
        settled(reject, error, true)
      },
    )
  })
}

/** A generator for `yield*`, which also runs when an async helper of the task awaits it. */
class LazyCoroutine<T> extends Thenable<T> implements Awaitable<T>, Cancellable {
  private promise: Started<T> | null = null
  private iterated = false

  constructor(private readonly body: Coroutine<T>) {
    super()
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.iterated) return Promise.reject(awaitedTwice()).then(onFulfilled, onRejected)
    this.promise ??= start(this.body)
    return this.promise.then(onFulfilled, onRejected)
  }

  cancel(message?: string): boolean {
    return this.promise?.cancel(message) ?? false
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    if (this.promise !== null) return this.promise[Symbol.iterator]()
    if (this.iterated) throw awaitedTwice()
    this.iterated = true
    return this.body
  }
}

function awaitedTwice(): InvalidStateError {
  return new InvalidStateError('this was awaited already; call the helper again to wait again')
}
