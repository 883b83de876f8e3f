import type { CoroutineFunction } from './awaitable.ts'
import { ensureFuture } from './ensure-future.ts'
import { CancelledError } from './errors.ts'
import { Future } from './future.ts'
import { requireRunning } from './running.ts'
import type { LoopState } from './state.ts'

/** What a list of awaitables gives when all are done. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> }

/** What an awaitable or coroutine function gives in the end. */
export type ResultOf<A> = A extends () => Generator<unknown, infer R, unknown>
  ? R
  : A extends () => PromiseLike<infer R>
    ? R
    : A extends PromiseLike<infer R>
      ? R
      : never

/** Options of {@link gather}. */
export interface GatherOptions {
  /** Failures become entries of the result instead of ending it. */
  readonly returnExceptions?: boolean
}

/**
 * Runs all items concurrently and gives their results in order. Coroutine functions become tasks.
 * The first failure is thrown at once, and the others go on; cancelling it cancels every item.
 */
export function gather<const A extends readonly (PromiseLike<unknown> | CoroutineFunction<unknown>)[]>(
  items: A,
  options?: GatherOptions & { returnExceptions?: false },
): Future<Gathered<A>>
export function gather(
  items: readonly (PromiseLike<unknown> | CoroutineFunction<unknown>)[],
  options: GatherOptions,
): Future<unknown[]>
export function gather(
  items: readonly (PromiseLike<unknown> | CoroutineFunction<unknown>)[],
  options: GatherOptions = {},
): Future<unknown[]> {
  const state = requireRunning('gather()')
  const distinct = new Map<unknown, Future>()
  for (const item of items) if (!distinct.has(item)) distinct.set(item, ensureFuture(item, state))
  const outer = new GatheringFuture(state, items, distinct, options.returnExceptions ?? false)
  outer.start()
  return outer
}

class GatheringFuture extends Future<unknown[]> {
  private unfinished: number
  private cancelRequested = false

  constructor(
    state: LoopState,
    private readonly items: readonly unknown[],
    private readonly children: Map<unknown, Future>,
    private readonly returnExceptions: boolean,
  ) {
    super(state)
    this.unfinished = children.size
  }

  start(): void {
    if (this.unfinished === 0) {
      this.setResult([])
      return
    }
    const childDone = (child: Future): void => {
      this.childDone(child)
    }
    for (const child of this.children.values()) child.addDoneCallback(childDone)
  }

  override cancel(message?: string): boolean {
    if (this.done()) return false
    let cancelled = false
    for (const child of this.children.values()) cancelled = child.cancel(message) || cancelled
    if (cancelled) this.cancelRequested = true
    return cancelled
  }

  private childDone(child: Future): void {
    this.unfinished--
    // Looking at the failure keeps it from being reported as unseen, also when it came too late to matter.
    const failure = child.succeeded ? null : child.failure()
    if (this.done()) return
    if (!child.succeeded && !this.returnExceptions) {
      this.setException(failure)
      return
    }
    if (this.unfinished > 0) return
    // asyncio's words: a cancelled gather is cancelled, whatever its children made of it.
    if (this.cancelRequested) this.setException(child.cancelled() ? failure : new CancelledError())
    else this.setResult(this.items.map((item) => outcome(this.children.get(item)!)))
  }
}

function outcome(child: Future): unknown {
  return child.succeeded ? child.result() : child.failure()
}
