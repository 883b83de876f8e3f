/**
 * Helpers that wait several times (`waitFor`, `timeout`, `taskGroup`, the primitives of @loop/sync) are written once, as
 * generators, and serve both kinds of coroutine function:
 *
 * - in a generator task, `yield* helper()` runs the generator as a part of the task, without any promise;
 * - in an async task, an async function drives it, so that `await helper()` starts at once, as JavaScript expects.
 */
import type { Awaitable, Coroutine, Suspension } from './awaitable.ts'
import { isIterable, isThenable, ONE_TURN, Thenable } from './awaitable.ts'
import { runningState } from './running.ts'
import { giveWay } from './sleep.ts'

/** Makes a generator awaitable by both kinds of coroutine function. */
export function coroutine<T>(body: Coroutine<T>): Awaitable<T> {
  if (runningState()?.currentTask()?.isGenerator === true) return new LazyCoroutine(body)
  return drive(body) as Promise<T> & Awaitable<T>
}

/**
 * Runs a coroutine function of either kind inside the calling generator:
 * `const value = yield* call(body, argument)`.
 */
export function* call<A extends unknown[], T>(body: (...args: A) => unknown, ...args: A): Coroutine<T> {
  const made = body(...args)
  if (isIterable(made)) return (yield* made as Coroutine<T>) as T
  if (isThenable(made)) return (yield made) as T
  return made as T
}

/** Runs a generator to its end with native awaits. */
async function drive<T>(body: Iterator<Suspension, T, unknown>): Promise<T> {
  let next = body.next()
  while (next.done !== true) {
    let value: unknown
    try {
      value = isTurn(next.value) ? await giveWay(next.value) : await next.value
    } catch (error) {
      next = body.throw!(error)
      continue
    }
    next = body.next(value)
  }
  return next.value
}

function isTurn(yielded: Suspension): yielded is typeof ONE_TURN | null | undefined {
  return yielded === ONE_TURN || yielded === undefined || yielded === null
}

/** A generator for `yield*`, which also runs when an async helper of the task awaits it. */
class LazyCoroutine<T> extends Thenable<T> implements Awaitable<T> {
  private promise: Promise<T> | null = null

  constructor(private readonly body: Coroutine<T>) {
    super()
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.promise ??= drive(this.body)
    return this.promise.then(onFulfilled, onRejected)
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this.body
  }
}
