import type { Awaitable, Coroutine } from '@loop/core'
import { checkCoroutineFunction } from '@loop/core/lowlevel'
import { call, coroutine } from '@loop/core'
import { ready, TRUE } from './ready.ts'

/** The body of `with`, of either kind of coroutine function. */
export type HoldBody<T> = () => PromiseLike<T> | Coroutine<T>

/** Something that is acquired and released: what locks, conditions and semaphores have in common. */
export abstract class Holdable {
  /** Gives back what `acquire` took. */
  abstract release(): void

  /** @internal Takes it if that is possible now. */
  abstract tryAcquire(): boolean

  /** @internal Waits in line and takes it. */
  abstract acquireInLine(): Coroutine<true>

  /**
   * Takes it, waiting in line if need be, and gives true: first come, first served. Each `acquire` needs one `release`.
   * Call it where you await it: when nobody holds it, the call itself has taken it.
   */
  acquire(): Awaitable<true> {
    return this.tryAcquire() ? TRUE : coroutine(this.acquireInLine())
  }

  /** @internal `acquire` as a part of a larger wait. */
  *acquiring(): Coroutine<void> {
    if (!this.tryAcquire()) yield* this.acquireInLine()
  }

  /**
   * Runs `body` while holding it, and gives what `body` gives; released in any case, also when the body fails or is
   * cancelled.
   *
   * ```ts
   * const row = await lock.with(() => table.read(7))
   * ```
   */
  with<T>(body: HoldBody<T>): Awaitable<T> {
    checkCoroutineFunction(body, 'with')
    return coroutine(this.holding(body))
  }

  /**
   * Takes it until the end of a scope.
   *
   * ```ts
   * using held = await lock.hold()
   * ```
   */
  hold(): Awaitable<Hold> {
    return this.tryAcquire() ? ready(new Hold(this)) : coroutine(this.holdInLine())
  }

  private *holding<T>(body: HoldBody<T>): Coroutine<T> {
    yield* this.acquiring()
    try {
      return yield* call<[], T>(body)
    } finally {
      this.release()
    }
  }

  private *holdInLine(): Coroutine<Hold> {
    yield* this.acquireInLine()
    return new Hold(this)
  }
}

/** What `hold` gives: releases at the end of a `using` scope, once. */
export class Hold implements Disposable {
  private held = true

  /** @internal Use `hold()`. */
  constructor(private readonly of: Holdable) {}

  /** Releases now instead of at the end of the scope; a second call does nothing. */
  release(): void {
    if (!this.held) return
    this.held = false
    this.of.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
