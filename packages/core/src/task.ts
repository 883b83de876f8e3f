import type { AsyncResource } from 'node:async_hooks'
import type { Coroutine, CoroutineFunction, Suspension } from './awaitable.ts'
import { DRIVER, isThenable, ONE_TURN } from './awaitable.ts'
import type { Driver } from './coroutine.ts'
import { places } from './place.ts'
import { Scope, type Surroundings } from './scope.ts'
import type { Runnable } from './contracts.ts'
import { describe } from './describe.ts'
import { CancelledError, InvalidStateError, NotSupportedError } from './errors.ts'
import { CancellableTask } from './cancellable-task.ts'
import { Future } from './future.ts'
import type { LoopState } from './state.ts'
import { captureContext } from './state.ts'
import type { TaskNode } from './task-list.ts'
import { wrapPromise } from './wrap.ts'

/** Options of `createTask`. */
export interface TaskOptions {
  /** Shown in errors and tools; "Task-7" and so on by default. */
  readonly name?: string
  /**
   * Runs the first step at once instead of in the next turn. For generator functions: what an async function awaits in
   * its first step would be put down to the task that is current here, so NotSupportedError is thrown for one, unless
   * the loop has `attribution: 'async-context'`.
   */
  readonly eagerStart?: boolean
  /** Cancels the task when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * A coroutine running on the loop; also the future of what it returns.
 *
 * Each step is one entry of the ready queue. Between two steps the task waits for one future, or, through `Promise.all`
 * and the like, for several. `cancel` cancels what the task waits for; when it waits for nothing that can be cancelled,
 * CancelledError is thrown into it at its next step.
 */
export class Task<T = unknown> extends CancellableTask<T> implements Runnable, TaskNode, Driver {
  /** @internal */
  previousTask: TaskNode | null = null
  /** @internal */
  nextTask: TaskNode | null = null
  /** @internal */
  readonly coroutine: CoroutineFunction<T>
  private started = false
  private generator: Iterator<Suspension, T, unknown> | null = null
  private context: AsyncResource
  /** @internal Where the generator is: in the task, or in a scope that it opened. */
  place: Surroundings = this
  /** The future that the generator itself has yielded. */
  private yielded: Future | null = null
  /** The promise that a generator has yielded, while it is pending. */
  private promise: PromiseLike<unknown> | null = null
  /** How the next step goes on: what it sends, or throws when `failed`. */
  private sent: unknown = undefined
  private failed = false

  /** @internal Use `loop.createTask()`. */
  constructor(state: LoopState, coroutine: CoroutineFunction<T>, options?: TaskOptions) {
    super(state, options?.name)
    if (options?.eagerStart === true) checkEagerStart(state, coroutine)
    this.coroutine = coroutine
    this.context = captureContext()
    state.tasks.add(this)
    state.observer?.taskCreated?.(this)
    if (options?.signal !== undefined) this.cancelOn(options.signal)
    if (options?.eagerStart === true) this.startNow()
    else state.push(this)
  }

  /**
   * Awaits a promise of another library in the name of this task: cancellable at once, and what follows runs in a handle
   * of the loop with this task as the current one. Needed where the loop cannot know the task: after a bare
   * `await fetch(…)`.
   */
  await<R>(source: PromiseLike<R>): Promise<R> {
    const future = source instanceof Future ? (source as Future<R>) : wrapPromise(this.state, source)
    if (future.done()) return future.then()
    const place = this.state.currentPlace()
    return future.awaitedBy(place?.task === this ? place : this)
  }

  override get [Symbol.toStringTag](): string {
    return 'Task'
  }

  /** @internal One step; called by the turn. */
  run(): void {
    if (this.done()) return
    this.state.current = this.place
    this.context.runInAsyncScope(this.started || !this.state.inContext ? step : firstStep, this)
  }

  /** @internal */
  step(): void {
    if (this.yielded !== null) this.collect(this.yielded)
    const cancellation = this.place.takeRequest()
    // A cancellation that comes out of what it awaited already is one; it keeps its message.
    if (cancellation !== null && !(this.failed && this.sent instanceof CancelledError)) {
      this.sent = cancellation
      this.failed = true
    }
    if (this.started) this.advance()
    else this.start()
  }

  /** Takes over what the future it waited for has become. */
  private collect(awaited: Future): void {
    this.yielded = null
    this.place.forget(awaited)
    if (awaited.succeeded) {
      this.sent = awaited.result()
    } else {
      this.sent = awaited.failure()
      this.failed = true
    }
  }

  private start(): void {
    this.started = true
    if (this.failed) {
      this.fail(this.sent)
      return
    }
    const { coroutine } = this
    let made: PromiseLike<T> | Coroutine<T>
    try {
      made = coroutine() as PromiseLike<T> | Coroutine<T>
    } catch (error) {
      this.fail(error)
      return
    }
    if (isGenerator<T>(made)) {
      this.generator = made
      this.isGenerator = true
      if (this.state.inContext) this.context = captureContext()
      this.advance()
    } else if (made instanceof Future) {
      this.generator = (made as Future<T>)[Symbol.iterator]()
      this.advance()
    } else if (isThenable(made)) {
      made.then(
        (value) => {
          this.finish(value as T)
        },
        (error: unknown) => {
          this.fail(error)
        },
      )
    } else {
      this.finish(made as T)
    }
  }

  /** @internal Runs the generator until it waits for something pending. */
  advance(): void {
    const generator = this.generator!
    for (;;) {
      let next: IteratorResult<Suspension, T>
      const { sent, failed } = this
      this.sent = undefined
      this.failed = false
      try {
        next = failed ? generator.throw!(sent) : generator.next(sent)
      } catch (error) {
        this.fail(error)
        return
      }
      if (next.done === true) {
        this.finish(next.value)
        return
      }
      if (this.suspendOn(next.value)) return
    }
  }

  /** Waits for what the generator yielded; false when it can go on at once. */
  private suspendOn(awaited: Suspension): boolean {
    if (awaited instanceof Future) return this.suspendOnFuture(awaited)
    if (awaited === undefined || awaited === null || awaited === ONE_TURN) {
      this.sent = awaited
      this.state.push(this)
      return true
    }
    if (awaited === DRIVER) {
      this.sent = this
      return false
    }
    if (isThenable(awaited)) {
      this.suspendOnPromise(awaited)
      return true
    }
    return this.refuse(new TypeError(`a task can wait for futures and promises, not for ${describe(awaited)}; use yield*`))
  }

  private suspendOnFuture(awaited: Future): boolean {
    if (awaited === (this as unknown)) return this.refuse(new InvalidStateError(`${this.getName()} cannot await itself`))
    if (awaited.state !== this.state) {
      return this.refuse(new InvalidStateError(`${this.getName()} awaits a future that belongs to another loop`))
    }
    if (awaited.done()) {
      this.collect(awaited)
      return false
    }
    this.yielded = awaited
    awaited.whenDone(this)
    this.place.startWaiting(awaited)
    return true
  }

  /**
   * Waits for a promise. If it is the body of a helper of this task (an async function under `timeout`, say) it settles
   * while this task is current, and the generator goes on in the same handle; a foreign one settles anywhere, and the
   * generator goes on in a handle of its own.
   */
  private suspendOnPromise(promise: PromiseLike<unknown>): void {
    this.promise = promise
    const scope = this.place instanceof Scope ? this.place : null
    const cut = (reason: Error): void => {
      if (this.promise !== promise) return
      scope?.removeCut(cut)
      this.promise = null
      this.sent = reason
      this.failed = true
      this.run()
    }
    scope?.addCut(cut)
    const settled = (sent: unknown, failed: boolean): void => {
      if (this.promise !== promise) return
      scope?.removeCut(cut)
      this.promise = null
      this.sent = sent
      this.failed = failed
      // In the same handle the task has not paused, so a request to cancel waits until it does.
      if (this.state.current?.task === this) this.context.runInAsyncScope(advance, this)
      else this.state.push(this)
    }
    promise.then(
      (value) => {
        settled(value, false)
      },
      (error: unknown) => {
        settled(error, true)
      },
    )
  }

  /**
   * Leaves a promise that nothing else can end. Not while the task's own code runs in a helper, and not when the helper
   * was woken already: there the request is thrown where the helper waits.
   */
  protected override interrupt(): void {
    const { promise, asked } = this
    if (this.state.current?.task === this || (promise === null && !this.canCut())) return
    this.state.push({
      run: () => {
        if (this.promise !== promise || !this.mustCancel || this.asked !== asked || !this.idle()) return
        const reason = this.takeCancellation()!
        if (this.cutOff(reason)) return
        this.mustCancel = true
        if (promise === null) return
        this.promise = null
        this.run()
      },
    })
  }

  /** @internal What the generator does from here on is done in `scope`. */
  enter(scope: Scope): () => void {
    const { context, place } = this
    this.goTo(scope)
    return () => {
      this.goTo(place)
      this.context = context
    }
  }

  private goTo(place: Surroundings): void {
    this.place = place
    this.state.current = place
    if (!this.state.inContext) return
    places.enterWith(place)
    this.context = captureContext()
  }

  private refuse(error: Error): false {
    this.sent = error
    this.failed = true
    return false
  }

  private startNow(): void {
    const { state } = this
    const before = state.current
    this.run()
    state.current = before
  }

  private finish(value: T): void {
    if (this.done()) return
    this.release()
    this.endWith(value)
    this.state.observer?.taskDone?.(this)
  }

  private fail(error: unknown): void {
    if (this.done()) return
    this.release()
    this.endBy(error)
    this.state.observer?.taskDone?.(this)
  }

  private release(): void {
    this.state.tasks.delete(this)
    this.generator = null
  }
}

function checkEagerStart(state: LoopState, coroutine: CoroutineFunction<unknown>): void {
  if (state.inContext || Object.prototype.toString.call(coroutine) !== '[object AsyncFunction]') return
  throw new NotSupportedError(
    "an async function cannot be started eagerly: pass a generator function, or make the loop with attribution: 'async-context'",
  )
}

function step(this: Task): void {
  this.step()
}

/** Enters the task's own place; what runs in a step is left when the step ends. */
function firstStep(this: Task): void {
  places.enterWith(this)
  this.step()
}

function advance(this: Task): void {
  this.advance()
}

function isGenerator<T>(made: unknown): made is Coroutine<T> {
  return typeof (made as { next?: unknown } | null | undefined)?.next === 'function'
}
