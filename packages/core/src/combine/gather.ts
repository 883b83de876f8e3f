import type { Runnable } from '../contracts/observe.ts'
import { checkList } from '../base/checks.ts'
import { CancelledError } from '../base/errors.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { CoroutineFunction, ResultOf } from '../task/awaitable.ts'
import { checkItem, ensureFuture } from '../task/ensure-future.ts'
import type { Future } from '../task/future.ts'
import { Task } from '../task/task.ts'
import { Joining } from './joining.ts'

/** What a list of awaitables gives when all are done. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> }

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
  checkList(items, 'gather')
  const state = requireRunning('gather()')
  for (const item of items) checkItem(item, state)
  const outer = new GatheringFuture(state, options.returnExceptions ?? false)
  outer.start(items)
  return outer
}

class GatheringFuture extends Joining<unknown[]> {
  /** One for each item, in order; an object given twice is there twice. */
  private readonly children: Future[] = []
  private unfinished = 0
  private cancelRequested = false

  constructor(
    state: LoopState,
    private readonly returnExceptions: boolean,
  ) {
    super(state, 'gather()', () => this.children)
  }

  start(items: readonly (PromiseLike<unknown> | CoroutineFunction<unknown>)[]): void {
    const known = new Map<unknown, Future>()
    const done: Future[] = []
    for (const item of items) {
      // A function given twice means two tasks; a future given twice is one child.
      let child = typeof item === 'function' ? undefined : known.get(item)
      if (child === undefined) {
        child = ensureFuture(item, this.state)
        this.unfinished++
        // As CPython from 3.12 on: what is done already counts at once.
        if (child.done()) done.push(child)
        else child.whenDone(new ChildDone(this, child))
        if (typeof item !== 'function') known.set(item, child)
      }
      this.children.push(child)
    }
    if (this.children.length === 0) this.setResult([])
    for (const child of done) this.childDone(child)
  }

  override cancel(message?: string): boolean {
    if (this.done()) return false
    let cancelled = false
    for (const child of this.children) cancelled = child.cancel(message) || cancelled
    if (cancelled) this.cancelRequested = true
    return cancelled
  }

  /** @internal */
  childDone(child: Future): void {
    this.unfinished--
    // Looking at the failure keeps it from being reported as unseen, also when it came too late to matter.
    const failure = child.succeeded ? null : child.failure()
    if (this.done()) return
    if (!child.succeeded && !this.returnExceptions) {
      this.setException(failure)
      return
    }
    if (this.unfinished > 0) return
    if (this.cancelRequested) this.setException(this.cancellation())
    else this.setResult(this.children.map(outcome))
  }

  /**
   * A cancelled gather is cancelled, whatever its children made of it; asyncio takes the last item's error, with its
   * message.
   */
  private cancellation(): unknown {
    const last = this.children.at(-1)!
    return last.cancelled() ? last.failure() : new CancelledError(last instanceof Task ? last.cancelMessage : undefined)
  }
}

/** A child's done callback: no handle, because it runs no code of the program and needs no context. */
class ChildDone implements Runnable {
  constructor(
    private readonly outer: GatheringFuture,
    private readonly child: Future,
  ) {}

  run(): void {
    this.outer.childDone(this.child)
  }
}

function outcome(child: Future): unknown {
  return child.succeeded ? child.result() : child.failure()
}
