import { AsyncResource } from 'node:async_hooks'
import type { Runnable } from '../contracts/observe.ts'
import type { AnyFunction } from '../contracts/services.ts'
import { nameOf } from '../base/describe.ts'
import { INSPECT } from '../base/inspection.ts'
import { isAsyncFunction, isThenable } from '../base/kinds.ts'
import type { LoopState } from './loop-state.ts'
import { RESOURCE } from './loop-state.ts'
import { scopes } from './scope.ts'

/**
 * A callback scheduled on a loop; what `callSoon` returns.
 *
 * Cancelling is a flag: a cancelled handle is passed over when its turn comes. In `using` it is cancelled at the end of
 * the scope.
 *
 * It is an AsyncResource, so that the callback runs in the AsyncLocalStorage context of the call that scheduled it. To
 * be one costs less than to have one: a million timers are a million objects, not two.
 */
export class Handle extends AsyncResource implements Runnable, Disposable {
  private isCancelled = false
  /** Scheduled outside of the loop's turns, so that its context need not be one of the loop. */
  private readonly outside: boolean

  /**
   * @internal Made by the loop. `only` is the argument when `rest` is null and `count` is 1; `rest` holds all of
   * several.
   */
  constructor(
    protected readonly state: LoopState,
    private callback: AnyFunction | null,
    private readonly count: number,
    private only: unknown,
    private rest: readonly unknown[] | null,
  ) {
    super('LoopHandle', RESOURCE)
    this.outside = !state.turning
  }

  /** Keeps the callback from running, if it has not run yet. */
  cancel(): void {
    if (this.isCancelled) return
    this.isCancelled = true
    this.callback = null
    this.only = undefined
    this.rest = null
  }

  /** Whether `cancel` was called. */
  cancelled(): boolean {
    return this.isCancelled
  }

  [Symbol.dispose](): void {
    this.cancel()
  }

  /** @internal The turn calls it; errors go to the loop's exception handler. */
  run(): void {
    const { callback } = this
    if (callback === null) return
    const { state } = this
    // A callback belongs to no task, although it runs in the context of the task that scheduled it.
    state.calling = this
    try {
      let result: unknown
      if (state.inContext && (this.outside || isAsyncFunction(callback)))
        result = this.runInAsyncScope(callOutside, this as never)
      else if (this.count === 0) result = this.runInAsyncScope(callback)
      else if (this.rest === null) result = this.runInAsyncScope(callback, undefined, this.only)
      else result = this.runInAsyncScope(callback, undefined, ...this.rest)
      if (result !== undefined) this.watch(callback, result)
    } catch (exception) {
      this.reportFailure(callback, exception)
    } finally {
      state.calling = null
    }
  }

  /** @internal Calls it as code of no task, which what it goes on to do stays. */
  callOutside(): unknown {
    return scopes.run(this.state.outside, this.callback!, ...this.args)
  }

  /** A callback that goes on in a promise may fail later. A future has a report of its own. */
  private watch(callback: AnyFunction, result: unknown): void {
    if (!(result instanceof Promise) && (!isThenable(result) || 'state' in result)) return
    result.then(undefined, (exception: unknown) => {
      this.reportFailure(callback, exception)
    })
  }

  private reportFailure(callback: AnyFunction, exception: unknown): void {
    this.state.report({
      message: `Exception in callback ${nameOf(callback)}`,
      exception,
      handle: this,
      ...originContext(this.state, this),
    })
  }

  /** Prints `Handle(callback)`, or `Handle(cancelled)`. */
  [INSPECT](): string {
    return `Handle(${this.described})`
  }

  /** @internal The callback's name, as a part of its text. */
  protected get described(): string {
    return this.callback === null ? 'cancelled' : nameOf(this.callback)
  }

  /** @internal The callback, for observers and for `removeDoneCallback`; null once cancelled. */
  get target(): AnyFunction | null {
    return this.callback
  }

  /** @internal Where it was scheduled; known in debug mode. */
  get source(): string | undefined {
    return originContext(this.state, this).sourceTraceback
  }

  /** @internal The arguments it will be called with. */
  get args(): readonly unknown[] {
    if (this.count === 0) return []
    return this.rest ?? [this.only]
  }
}

function callOutside(this: Handle): unknown {
  return this.callOutside()
}

/** A callback scheduled for a time; what `callLater` and `callAt` return. */
export class TimerHandle extends Handle {
  /** @internal Order among equal deadlines, stamped by the timer heap. */
  sequence = 0
  private waiting = true

  /** @internal Made by the loop. */
  constructor(
    state: LoopState,
    /** @internal The heap's key. */
    readonly deadline: number,
    callback: AnyFunction,
    count: number,
    only: unknown,
    rest: readonly unknown[] | null,
  ) {
    super(state, callback, count, only, rest)
  }

  /** The loop time, in milliseconds, at which the callback is due. */
  when(): number {
    return this.deadline
  }

  /** Prints `TimerHandle(callback, at 100.5)`: its time is the loop's, in milliseconds. */
  override [INSPECT](): string {
    return `TimerHandle(${this.described}, at ${this.deadline})`
  }

  override cancel(): void {
    if (this.cancelled()) return
    super.cancel()
    if (this.waiting) this.state.timers.noteCancelled()
  }

  /** @internal It left the heap for the ready queue. */
  due(): void {
    this.waiting = false
  }
}

/** Has `callback(argument)` called at the loop time `when`: for the loop's own helpers, whose arguments need no check. */
export function startTimer<A = undefined>(
  state: LoopState,
  when: number,
  callback: (argument: A) => void,
  argument?: A,
): TimerHandle {
  const timer = new TimerHandle(state, when, callback, 1, argument, null)
  state.addTimer(timer)
  return timer
}

/** Where something was scheduled, as a part of an exception context; empty outside debug mode. */
export function originContext(state: LoopState, item: object): { sourceTraceback?: string } {
  const source = state.originOf(item)
  return source === undefined ? {} : { sourceTraceback: source }
}
