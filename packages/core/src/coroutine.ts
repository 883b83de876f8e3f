/**
 * Helpers that wait several times (`waitFor`, `timeout`, `taskGroup`, the primitives of @loop/sync) are written once, as
 * generators, and serve both kinds of coroutine function:
 *
 * - in a generator task, `yield* helper()` runs the generator as a part of the task, without any promise;
 * - in an async task, an async function drives it, so that `await helper()` starts at once, as JavaScript expects.
 */
import type { Awaitable, Coroutine, Suspension } from './awaitable.ts'
import { DRIVER, isIterable, isThenable, ONE_TURN, Thenable, yieldable } from './awaitable.ts'
import { CancelledError } from './errors.ts'
import { runningState } from './running.ts'
import { Future } from './future.ts'
import { Nowhere, Scope, type Surroundings } from './scope.ts'
import { resumeNextTurn } from './sleep.ts'
import type { Cancellable, LoopState } from './state.ts'

/**
 * Makes a generator awaitable by both kinds of coroutine function. In an async task, and whenever it becomes a future
 * (`waitFor(queue.get(), 100)`, `gather`), it can be cancelled: CancelledError is thrown where the generator waits.
 */
export function coroutine<T>(body: Coroutine<T>): Awaitable<T> {
  if (runningState()?.currentTask()?.isGenerator === true) return new LazyCoroutine(body)
  return start(body)
}

/**
 * Runs a coroutine function of either kind inside the calling generator:
 * `const value = yield* call(body, argument)`.
 */
export function* call<A extends unknown[], T>(
  body: (...args: A) => PromiseLike<T> | Coroutine<T> | T,
  ...args: A
): Coroutine<T> {
  const made = body(...args)
  // A list or a map is a value; generators have `next`, awaitables have `then` beside their iterator.
  if (isIterable(made) && ('next' in made || isThenable(made))) return (yield* made as Coroutine<T>) as T
  if (isThenable(made)) return (yield made) as T
  return made as T
}

/** Who runs a generator: a task, or the async function that drives a helper. */
export interface Driver {
  readonly place: Surroundings
  /** What the generator does from here on is done in `scope`, until the function that is returned is called. */
  enter(scope: Scope): () => void
}

/** Runs `body` in a scope of its own, which `control` is given; a request to the scope ends it, also in a foreign await. */
export function* inScope<T>(scope: Scope, driver: Driver, body: () => PromiseLike<T> | Coroutine<T> | T): Coroutine<T> {
  const leave = driver.enter(scope)
  try {
    const made = scope.state.within(scope, body)
    if (isIterable(made) && 'next' in made) return (yield* made as Coroutine<T>) as T
    if (made instanceof Future) return (yield* made as Future<T>) as T
    if (isThenable(made)) return (yield made) as T
    return made as T
  } finally {
    leave()
  }
}

/** The promise of a generator that runs, with a way to cancel it. */
type Started<T> = Promise<T> & Awaitable<T> & Cancellable

function start<T>(body: Coroutine<T>): Started<T> {
  const drive = new Drive(body)
  const promise = yieldable(drive.run()) as Started<T>
  promise.cancel = (message) => drive.cancel(message)
  return promise
}

/** Runs a generator to its end with native awaits. */
class Drive<T> implements Cancellable, Driver {
  private awaited: Suspension = null
  private cancellation: CancelledError | null = null
  private running = true
  private readonly state: LoopState | null = runningState()
  private readonly start: Surroundings | null = (this.state?.currentPlace() ?? null) as Surroundings | null
  place: Surroundings = this.start ?? this.state?.nowhere ?? (null as never)

  constructor(private readonly body: Iterator<Suspension, T, unknown>) {}

  enter(scope: Scope): () => void {
    const { place } = this
    this.place = scope
    return () => {
      this.place = place
      if (this.state !== null && this.state.current === scope) this.state.current = place
    }
  }

  /** Lets the generator go on where it is. */
  private resume(failed: boolean, sent: unknown): IteratorResult<Suspension, T> {
    const { body, state, place } = this
    if (state === null || place === this.start || place === state.nowhere) return failed ? body.throw!(sent) : body.next(sent)
    return state.within(place, (): IteratorResult<Suspension, T> => (failed ? body.throw!(sent) : body.next(sent)))
  }

  private wait(suspension: Suspension): unknown {
    if (suspension === DRIVER) return this
    const place = this.place instanceof Nowhere ? null : this.place
    if (isTurn(suspension)) return resumeNextTurn(this.state!, place, suspension)
    if (suspension instanceof Future && suspension.state === this.state && !suspension.done()) return suspension.awaitedBy(place)
    if (place instanceof Scope && isThenable(suspension) && !(suspension instanceof Future)) return cuttable(place, suspension)
    return suspension
  }

  async run(): Promise<T> {
    const { body } = this
    try {
      let next = body.next()
      while (next.done !== true) {
        let value: unknown
        try {
          this.awaited = next.value
          const waited = this.wait(next.value)
          value = waited === this ? this : await waited
          if (this.cancellation !== null) throw this.cancellation
        } catch (error) {
          next = this.resume(true, this.replace(error))
          continue
        }
        next = this.resume(false, value)
      }
      return next.value
    } finally {
      this.running = false
    }
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
    return error instanceof CancelledError ? error : (cancellation ?? error)
  }
}

/** A promise of `promise` that a request to `scope` can cut off. */
function cuttable(scope: Scope, promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    scope.addCut(reject)
    promise.then(
      (value) => {
        scope.removeCut(reject)
        resolve(value)
      },
      (error: unknown) => {
        scope.removeCut(reject)
        reject(error as Error)
      },
    )
  })
}

function isTurn(yielded: Suspension): yielded is typeof ONE_TURN | null | undefined {
  return yielded === ONE_TURN || yielded === undefined || yielded === null
}

/** A generator for `yield*`, which also runs when an async helper of the task awaits it. */
class LazyCoroutine<T> extends Thenable<T> implements Awaitable<T>, Cancellable {
  private promise: Started<T> | null = null

  constructor(private readonly body: Coroutine<T>) {
    super()
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.promise ??= start(this.body)
    return this.promise.then(onFulfilled, onRejected)
  }

  cancel(message?: string): boolean {
    return this.promise?.cancel(message) ?? false
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this.body
  }
}
