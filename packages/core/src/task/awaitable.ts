import type { Runnable } from '../contracts/observe.ts'

/**
 * Something that both kinds of coroutine function can wait for:
 * `await x` in an async function, `yield* x` in a generator function. It can be passed where a promise is asked for.
 */
export interface Awaitable<T> extends Promise<T> {
  [Symbol.iterator](): Iterator<Suspension, T>
}

/** Yielded for one turn of the loop; the task sends it back, so that whoever yielded it needs no state of its own. */
export const ONE_TURN: unique symbol = Symbol('one turn of the loop')

/** Yielded to learn who drives the generator; comes back at once. */
export const DRIVER: unique symbol = Symbol('the driver of this generator')

/**
 * Yielded to wait for a promise in which code of the same task runs. A request to cancel reaches that code, not the
 * wait: a helper such as `lock.with(body)` must not end, and release the lock, while the body goes on.
 */
export class Body {
  constructor(readonly promise: PromiseLike<unknown>) {}
}

/** What a coroutine yields to the task that drives it; a bare `yield` gives way for one turn. */
export type Suspension = Waitable | PromiseLike<unknown> | Body | typeof ONE_TURN | typeof DRIVER | null | undefined

/** What a generator task can wait on: a future. */
export interface Waitable {
  done(): boolean
  result(): unknown
  /** Runs `runnable`, as a handle, once this is done. */
  whenDone(runnable: Runnable): void
  cancel(message?: string): boolean
}

/** A generator that tasks can drive. */
export type Coroutine<T> = Generator<Suspension, T, unknown>

/**
 * A coroutine function: what tasks are made of. It is passed uncalled, because a task starts in the next turn of the
 * loop.
 *
 * `async () => …` is the familiar form; `function* () { yield* x }` is the fast one: no promise, no microtask, and it
 * can be cancelled at every point where it waits.
 */
export type CoroutineFunction<T> = () => PromiseLike<T> | Coroutine<T> | Awaitable<T>

/** What an awaitable or coroutine function gives in the end. */
export type ResultOf<A> = A extends () => Generator<unknown, infer R, unknown>
  ? R
  : A extends () => PromiseLike<infer R>
    ? R
    : A extends PromiseLike<infer R>
      ? R
      : never

/** `catch` and `finally` for anything that has `then`. */
export abstract class Thenable<T> implements Promise<T> {
  /** What `Object.prototype.toString` calls it, and what makes it a promise for the compiler. */
  get [Symbol.toStringTag](): string {
    return 'Awaitable'
  }

  abstract then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>

  /** As {@link Promise.prototype.catch}. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Promise's, so that `error.name` compiles
  catch<R = never>(onRejected?: ((reason: any) => R | PromiseLike<R>) | null): Promise<T | R> {
    return this.then(undefined, onRejected)
  }

  /** As {@link Promise.prototype.finally}. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally)
  }
}

/**
 * Adds to a native promise what `yield*` needs. Helpers answer an async task with native promises, because `await`
 * takes those fastest; and the body of a generator helper may run in an async task.
 */
export function yieldable<T>(promise: Promise<T>): Promise<T> & Awaitable<T> {
  const added = promise as Promise<T> & Awaitable<T>
  added[Symbol.iterator] = yieldItself as () => Coroutine<T>
  return added
}

function* yieldItself(this: Promise<unknown>): Coroutine<unknown> {
  return yield this
}

/** Whether a value can be waited for with `yield*`. */
export function isIterable(value: unknown): value is { [Symbol.iterator](): Iterator<Suspension, unknown> } {
  return value !== null && typeof value === 'object' && Symbol.iterator in value
}
